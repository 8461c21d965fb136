// SPDX-License-Identifier: MIT
#include "state/history.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

constexpr std::int64_t one_piece_ms = 200;
// How far back a context that names no turn may reach: it comes with the next message, or the one
// after.
constexpr std::size_t turns_in_question = 8;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// How much of `sent` was heard, in bytes, where `heard` is its beginning; pipelines do not care how
// wide a blank is. Nothing where it is not.
std::optional<std::size_t> length_heard(std::string_view sent, std::string_view heard) {
  const auto skip = [](std::string_view text, std::size_t at) {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
  };
  std::size_t in_sent = skip(sent, 0), end = 0;
  for (std::size_t at = skip(heard, 0); at < heard.size();) {
    const bool gap = is_blank(heard[at]);
    if (gap) {
      at = skip(heard, at);
      if (at == heard.size()) break;
    }
    const std::size_t next = skip(sent, in_sent);
    if (end != 0 && gap != (next != in_sent)) return std::nullopt;
    in_sent = next;
    if (in_sent == sent.size() || sent[in_sent] != heard[at]) return std::nullopt;
    end = ++in_sent;
    ++at;
  }
  return end;
}

// As much of it as `most` bytes hold, and no half of a letter.
std::string_view first_of(std::string_view text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, valid_utf8_prefix(text.substr(0, most)));
}

// The first `count` words, as they were sent.
std::string first_words(std::string_view sent, double count) {
  std::size_t at = 0;
  for (double words = 0; words + 1 <= count && at < sent.size(); ++words) {
    while (at < sent.size() && is_blank(sent[at])) ++at;
    while (at < sent.size() && !is_blank(sent[at])) ++at;
  }
  return std::string(sent.substr(0, at));
}

bool was_cut_by_outcome(std::string_view outcome) {
  return outcome == "interrupted" || outcome == "caller_gone" || outcome == "shut_down" ||
         outcome == "replaced";
}

History::Corrected take(TurnRecord& turn, const Interruption& interruption) {
  turn.talked_over = true;
  const std::string sent = sent_in(turn);
  if (!interruption.text_heard.empty()) {
    if (const auto length = length_heard(sent, interruption.text_heard)) {
      turn.heard = sent.substr(0, *length);
      return History::Corrected::as_heard;
    }
    const bool longer = interruption.text_heard.size() > sent.size();
    turn.heard = longer ? sent : interruption.text_heard;
    return History::Corrected::disagrees;
  }
  if (interruption.words_heard && *interruption.words_heard >= 0) {
    turn.heard = first_words(sent, std::floor(*interruption.words_heard));
    return History::Corrected::as_heard;
  }
  return History::Corrected::cut_only;
}

// Lines are found from the newest turn backwards, and so are the parts of one line.
class LinesBackwards {
 public:
  LinesBackwards(std::size_t most, std::size_t bytes) : most_(most), bytes_(bytes) {}

  // False: it finds no place any more, and nothing older will.
  bool put(HistoryLine part) {
    if (part.text.empty()) return true;
    const bool joins = !lines_.empty() && lines_.back().line.by_caller == part.by_caller;
    const std::size_t size = part.text.size() + (joins ? 1 : 0);
    if (bytes_ != 0 && size > bytes_ - used_) return false;
    if (!joins && most_ != 0 && lines_.size() == most_) return false;
    used_ += size;
    joins ? join(lines_.back(), std::move(part)) : start(std::move(part));
    return true;
  }

  std::vector<HistoryLine> take() {
    std::vector<HistoryLine> all;
    all.reserve(lines_.size());
    for (auto at = lines_.rbegin(); at != lines_.rend(); ++at) {
      for (auto part = at->parts.rbegin(); part != at->parts.rend(); ++part) {
        if (!at->line.text.empty()) at->line.text += ' ';
        at->line.text += *part;
      }
      all.push_back(std::move(at->line));
    }
    return all;
  }

 private:
  struct Open {
    HistoryLine line;                // all but its text
    std::vector<std::string> parts;  // the last first
  };

  void start(HistoryLine part) {
    Open& open = lines_.emplace_back();
    open.parts.push_back(std::move(part.text));
    part.text.clear();
    open.line = std::move(part);
  }
  static void join(Open& open, HistoryLine part) {
    open.parts.push_back(std::move(part.text));
    open.line.has_host_words |= part.has_host_words;
    open.line.interrupted |= part.interrupted;
    open.line.unix_ms = part.unix_ms;
  }

  const std::size_t most_;
  const std::size_t bytes_;
  std::size_t used_ = 0;
  std::vector<Open> lines_;
};

HistoryLine line_of_agent(const TurnRecord& turn) {
  const bool host = std::any_of(turn.said.begin(), turn.said.end(),
                                [](const SaidPiece& piece) { return piece.by_host; });
  return {false,
          was_cut(turn),
          host,
          false,
          heard_in(turn),
          turn.turn_id,
          turn.said.empty() ? turn.begun_ms : turn.said.front().unix_ms};
}

}  // namespace

std::string sent_in(const TurnRecord& turn) {
  std::string all;
  for (const SaidPiece& piece : turn.said) all += piece.text;
  return all;
}

std::string heard_in(const TurnRecord& turn) {
  return turn.heard ? *turn.heard : sent_in(turn);
}

bool was_cut(const TurnRecord& turn) {
  return turn.talked_over || turn.ended_ms == 0 || was_cut_by_outcome(turn.outcome);
}

History::History() : History(Limits{}) {}

void History::restore(std::vector<TurnRecord> records) {
  for (TurnRecord& record : records) {
    last_number_ = std::max(last_number_, record.number);
    const auto at = std::lower_bound(
        turns_.begin(), turns_.end(), record.number,
        [](const Kept& turn, std::uint64_t number) { return turn.record.number < number; });
    if (at != turns_.end() && at->record.number == record.number) continue;
    weigh(*turns_.insert(at, Kept{std::move(record)}));
  }
  drop_oldest();
}

void History::keep_replies(const History& before) {
  for (const Kept& turn : before.turns_) {
    if (Kept* same = find(turn.record.number)) same->reply = turn.reply;
  }
}

const TurnRecord& History::begin(TurnRecord opening, std::uint64_t reply) {
  opening.number = last_number_ = number_after(last_number_);
  opening.text.resize(first_of(opening.text, limits_.bytes).size());
  turns_.push_back(Kept{std::move(opening), reply});
  weigh(turns_.back());
  drop_oldest();
  return turns_.back().record;
}

std::uint64_t History::number_after(std::uint64_t last) const {
  return limits_.mark == 0 ? last + 1 : (last / marks + 1) * marks + limits_.mark;
}

const TurnRecord* History::same_as(const TurnRecord& opening) const {
  if (opening.turn_id.empty()) return nullptr;
  const std::string_view text = first_of(opening.text, limits_.bytes);
  const auto found = std::find_if(turns_.rbegin(), turns_.rend(), [&](const Kept& turn) {
    return turn.record.turn_id == opening.turn_id && turn.record.session_id == opening.session_id &&
           turn.record.type == opening.type && turn.record.text == text;
  });
  return found == turns_.rend() ? nullptr : &found->record;
}

bool History::is_newest(std::uint64_t number) const {
  return !turns_.empty() && turns_.back().record.number == number;
}

bool History::is_ours(std::uint64_t number) const {
  const Kept* found = kept(number);
  return found != nullptr && found->reply != 0;
}

const TurnRecord& History::resume(std::uint64_t number, const TurnRecord& opening,
                                  std::uint64_t reply) {
  Kept& turn = *find(number);
  turn.reply = reply;
  turn.record.agent_version = opening.agent_version;
  turn.record.said.clear();
  turn.record.outcome.clear();
  turn.record.ended_ms = 0;
  turn.record.beside = {};
  weigh(turn);
  return turn.record;
}

std::uint64_t History::number_of(std::uint64_t reply) const {
  if (reply == 0) return 0;
  const auto found = std::find_if(turns_.rbegin(), turns_.rend(),
                                  [&](const Kept& turn) { return turn.reply == reply; });
  return found == turns_.rend() ? 0 : found->record.number;
}

const TurnRecord* History::said(std::uint64_t number, std::span<const SaidPiece> pieces) {
  Kept* turn = find(number);
  if (turn == nullptr || turn->record.ended_ms != 0) return nullptr;
  turn->record.said.clear();
  weigh(*turn);
  std::vector<SaidPiece>& all = turn->record.said;
  std::size_t room = limits_.bytes - std::min(limits_.bytes, turn->bytes);
  for (const SaidPiece& piece : pieces) {
    const std::string_view text = first_of(piece.text, room);
    room -= text.size();
    const bool joins = !all.empty() && all.back().by_host == piece.by_host &&
                       piece.unix_ms - all.back().unix_ms < one_piece_ms;
    if (joins) {
      all.back().text += text;
    } else if (!text.empty()) {
      all.push_back({std::string(text), piece.unix_ms, piece.by_host});
    }
    if (text.size() < piece.text.size()) {  // nobody is told so much
      turn->record.beside.cut = true;
      break;
    }
  }
  weigh(*turn);
  drop_oldest();
  turn = find(number);
  return turn == nullptr ? nullptr : &turn->record;
}

const TurnRecord* History::ended(std::uint64_t number, std::string_view outcome,
                                 std::int64_t unix_ms, BesideWords beside) {
  Kept* turn = find(number);
  if (turn == nullptr || turn->record.ended_ms != 0) return nullptr;
  turn->record.outcome = outcome;
  turn->record.ended_ms = unix_ms;
  show(*turn, std::move(beside));
  return &turn->record;
}

// What has a gap is no record: from the first that is too much on, nothing more of it is kept.
void History::show(Kept& turn, BesideWords beside) {
  std::size_t bytes = 0;
  const auto too_much = std::find_if(
      beside.shown.begin(), beside.shown.end(),
      [&](const ShownPiece& piece) { return (bytes += piece.json.size()) > limits_.shown; });
  beside.cut |= turn.record.beside.cut || too_much != beside.shown.end();
  beside.shown.erase(too_much, beside.shown.end());
  turn.record.beside = std::move(beside);
  weigh(turn);
  for (Kept& older : turns_) {
    if (shown_ <= limits_.shown || &older == &turn) break;
    if (older.shown == 0) continue;
    older.record.beside.shown.clear();
    older.record.beside.cut = true;
    weigh(older);
    emptied_.push_back(older.record.number);
  }
}

History::Correction History::heard(const Interruption& interruption) {
  TurnRecord* turn = meant_by(interruption);
  if (turn == nullptr) return {};
  return {take(*turn, interruption), turn};
}

TurnRecord* History::meant_by(const Interruption& interruption) {
  const std::string& named = interruption.assistant_turn_id;
  TurnRecord* newest = nullptr;      // that said anything
  TurnRecord* newest_cut = nullptr;  // of these
  std::size_t seen = 0;
  for (auto at = turns_.rbegin(); at != turns_.rend(); ++at) {
    TurnRecord& turn = at->record;
    if (turn.said.empty()) continue;
    if (!named.empty()) {
      if (turn.turn_id == named) return &turn;
      continue;
    }
    if (++seen > turns_in_question) break;
    const bool could_be = newest == nullptr || was_cut(turn);
    if (could_be && !interruption.text_heard.empty() &&
        length_heard(sent_in(turn), interruption.text_heard))
      return &turn;
    if (newest == nullptr) newest = &turn;
    if (newest_cut == nullptr && was_cut(turn)) newest_cut = &turn;
  }
  return newest_cut != nullptr ? newest_cut : newest;
}

std::vector<HistoryLine> History::lines(std::uint64_t for_turn, std::size_t most,
                                        std::size_t bytes) const {
  LinesBackwards found(most, bytes);
  for (auto at = turns_.rbegin(); at != turns_.rend(); ++at) {
    const TurnRecord& turn = at->record;
    if (for_turn != 0 && turn.number > for_turn) continue;  // he that asks was cancelled long ago
    const bool is_current = turn.number == for_turn;
    if (!is_current && !found.put(line_of_agent(turn))) break;
    if (!found.put({true, false, false, is_current, turn.text, turn.turn_id, turn.begun_ms})) break;
  }
  return found.take();
}

std::vector<const TurnRecord*> History::turns() const {
  std::vector<const TurnRecord*> all;
  all.reserve(turns_.size());
  for (const Kept& turn : turns_) all.push_back(&turn.record);
  return all;
}

std::vector<std::uint64_t> History::take_dropped() {
  return std::exchange(dropped_, {});
}

std::vector<std::uint64_t> History::take_emptied() {
  return std::exchange(emptied_, {});
}

const TurnRecord* History::turn(std::uint64_t number) const {
  const Kept* found = kept(number);
  return found == nullptr ? nullptr : &found->record;
}

History::Kept* History::find(std::uint64_t number) {
  return const_cast<Kept*>(std::as_const(*this).kept(number));
}

const History::Kept* History::kept(std::uint64_t number) const {
  const auto at = std::lower_bound(
      turns_.begin(), turns_.end(), number,
      [](const Kept& turn, std::uint64_t wanted) { return turn.record.number < wanted; });
  return at == turns_.end() || at->record.number != number ? nullptr : &*at;
}

void History::weigh(Kept& turn) {
  bytes_ -= turn.bytes;
  shown_ -= turn.shown;
  turn.shown = 0;
  for (const ShownPiece& piece : turn.record.beside.shown) turn.shown += piece.json.size();
  shown_ += turn.shown;
  turn.bytes = turn.record.text.size() + turn.record.turn_id.size() + turn.record.session_id.size();
  for (const SaidPiece& piece : turn.record.said) turn.bytes += piece.text.size();
  bytes_ += turn.bytes;
}

void History::drop_oldest() {
  while (turns_.size() > 1 && (turns_.size() > limits_.turns || bytes_ > limits_.bytes)) {
    bytes_ -= turns_.front().bytes;
    shown_ -= turns_.front().shown;
    dropped_.push_back(turns_.front().record.number);
    turns_.pop_front();
  }
}

}  // namespace patchbay

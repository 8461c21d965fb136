// SPDX-License-Identifier: MIT
#include "reload/conversation.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "support/webhook.h"

namespace patchbay::test {
namespace {

constexpr int longest_delay = 5;        // milliseconds
constexpr std::size_t most_faults = 5;  // told of by each conversation

float since(SoakClock::time_point then, SoakClock::time_point now) {
  return std::chrono::duration<float, std::milli>(now - then).count();
}

}  // namespace

Conversation::Conversation(Floor& floor, unsigned number, unsigned seed)
    : floor_(floor), name_("conv_" + std::to_string(number)), random_(seed + number) {}

void Conversation::run() {
  try {
    call_again();
    while (!floor_.stop) take_turn();
  } catch (const std::exception& wrong) {
    note(tally_.lost, wrong.what());
  }
}

// Under another name: a turn that was given up may reach the host after the next one, and would
// interrupt it.
void Conversation::call_again() {
  line_.reset();
  line_.emplace(floor_.port);
  id_ = name_ + '_' + std::to_string(++calls_);
  last_count_ = 0;
}

void Conversation::take_turn() {
  const std::size_t kind = random_() % kinds.size();
  const std::string text =
      std::string(kinds[kind]) + ' ' + std::to_string(random_() % (longest_delay + 1));
  Webhook webhook;
  webhook.path = "/agents/talker";
  webhook.body = message(text, id_, "turn_" + std::to_string(++turns_));
  const std::string request = webhook.request();

  const bool reloading = floor_.reloading;
  const std::uint64_t oldest = floor_.succession.oldest();
  const auto sent = SoakClock::now();
  line_->send(request);
  ++tally_.sent[kind];
  const Heard heard = listen();

  if (heard.first_word)
    (reloading ? tally_.reloading_ms : tally_.quiet_ms).push_back(since(sent, *heard.first_word));
  if (const std::string why = why_lost(heard); !why.empty()) {
    note(tally_.lost, why);
    return call_again();
  }
  ++tally_.answered;
  ++floor_.answered;
  if (const std::string why = why_wrong(heard, oldest); !why.empty()) note(tally_.wrong, why);
}

Conversation::Heard Conversation::listen() {
  Heard heard;
  try {
    const Answer head = line_->read_head();
    heard.status = head.status;
    if (head.status == 0) ++tally_.closed;
    if (head.status != 200) return heard;
    if (head.header("connection") == "close") ++tally_.closed;
    while (const std::optional<Json> event = line_->next_event()) {
      const std::string type = event->value("type", "");
      heard.ended_last = type == "response.end";
      if (heard.ended_last) {
        ++heard.ends;
      } else if (type == "response.tts") {
        if (!heard.first_word) {
          heard.first_word = SoakClock::now();
          heard.newest = floor_.succession.newest();
        }
        heard.pieces.push_back(event->value("content", ""));
      } else {
        heard.strange = event->dump();
      }
    }
  } catch (const std::exception& wrong) {
    heard.broken = wrong.what();
  }
  return heard;
}

std::string Conversation::why_lost(const Heard& heard) {
  if (!heard.broken.empty()) return heard.broken;
  if (heard.status == 0) return "the connection was closed without an answer";
  if (heard.status != 200) return "status " + std::to_string(heard.status);
  if (heard.ends == 0) return "no response.end";
  return "";
}

// Empty where all is as it must be.
std::string Conversation::why_wrong(const Heard& heard, std::uint64_t oldest) {
  std::string all;
  for (const std::string& piece : heard.pieces) all += " [" + piece + "]";
  if (!heard.strange.empty()) return "a strange event: " + heard.strange;
  if (heard.ends != 1 || !heard.ended_last) return "not one response.end, last:" + all;
  if (heard.pieces.size() != 3) return "not three pieces:" + all;

  std::array<Piece, 3> pieces;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::optional<Piece> piece = piece_of(heard.pieces[i]);
    if (!piece || piece->which != "abc"[i]) return "a garbled piece:" + all;
    pieces[i] = *piece;
  }
  const std::uint64_t line = pieces[0].line;
  const std::uint64_t count = pieces[2].count;
  const std::uint64_t last_line = std::exchange(last_line_, line);
  const std::uint64_t last_count = std::exchange(last_count_, count);
  for (const Piece& piece : pieces) {
    if (piece.line != line || piece.version != pieces[0].version) return "mixed versions:" + all;
  }
  if (pieces[0].version != (line - 1) % floor_.versions + 1)
    return "the version is not the one of its turn:" + all;
  if (line < oldest)
    return "version " + std::to_string(oldest) + " had taken over before it was asked:" + all;
  if (line > heard.newest)
    return "only " + std::to_string(heard.newest) + " versions had come:" + all;
  if (line < last_line) return "back from " + std::to_string(last_line) + ":" + all;
  if (count != last_count + 1) return "the count was " + std::to_string(last_count) + ":" + all;
  return "";
}

std::optional<Conversation::Piece> Conversation::piece_of(const std::string& text) {
  Piece piece;
  int used = 0;
  unsigned long version = 0;
  unsigned long line = 0;
  unsigned long count = 0;
  if (std::sscanf(text.c_str(), "v%lu l%lu %c%n", &version, &line, &piece.which, &used) != 3)
    return std::nullopt;
  const std::string rest = text.substr(static_cast<std::size_t>(used));
  if (piece.which == 'c' ? std::sscanf(rest.c_str(), "%lu", &count) != 1 : !rest.empty())
    return std::nullopt;
  piece.version = version;
  piece.line = line;
  piece.count = count;
  return piece;
}

void Conversation::note(std::uint64_t& counter, const std::string& why) {
  ++counter;
  if (tally_.faults.size() < most_faults)
    tally_.faults.push_back(id_ + " turn_" + std::to_string(turns_) + ": " + why);
}

}  // namespace patchbay::test

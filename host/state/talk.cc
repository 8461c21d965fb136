// SPDX-License-Identifier: MIT
#include "state/talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "codec/event.h"
#include "codec/json_fields.h"
#include "codec/turn_record.h"
#include "ground/text.h"
#include "state/history.h"
#include "state/journal.h"
#include "state/turn_shelf.h"
#include "state/values.h"

namespace patchbay {
namespace {

using Json = JsonFields;

constexpr std::string_view topic = "its conversations";

ToldTurn told(TurnRecord record) {
  ToldTurn turn;
  turn.sent = sent_in(record);
  turn.interrupted = record.ended_ms != 0 && was_cut(record);
  if (record.heard || !was_cut(record)) turn.heard = heard_in(record);
  turn.number = record.number;
  turn.type = std::move(record.type);
  turn.turn_id = std::move(record.turn_id);
  turn.session_id = std::move(record.session_id);
  turn.agent_version = std::move(record.agent_version);
  turn.begun_ms = record.begun_ms;
  turn.ended_ms = record.ended_ms;
  turn.caller = std::move(record.text);
  for (SaidPiece& piece : record.said)
    turn.said.push_back({piece.unix_ms, piece.by_host, std::move(piece.text)});
  turn.outcome = std::move(record.outcome);
  return turn;
}

TalkList::Entry entry_of(const Listed& listed) {
  const auto [agent, conversation] = parts_of_conversation_name(listed.conversation);
  return {std::string(agent), std::string(conversation),
          listed.last_write.time_since_epoch().count()};
}

// --- to JSON

Json json_of(const ToldTurn& turn) {
  Json said = Json::array();
  for (const ToldPiece& piece : turn.said) {
    said.push_back(
        {{"at_ms", piece.at_ms}, {"by", piece.by_host ? "host" : "agent"}, {"text", piece.text}});
  }
  return {{"number", turn.number},
          {"type", turn.type},
          {"turn_id", turn.turn_id},
          {"session_id", turn.session_id},
          {"agent_version", turn.agent_version},
          {"begun_ms", turn.begun_ms},
          {"ended_ms", turn.ended_ms},
          {"caller", turn.caller},
          {"said", std::move(said)},
          {"sent", turn.sent},
          {"heard", turn.heard ? Json(*turn.heard) : Json()},
          {"interrupted", turn.interrupted},
          {"outcome", turn.outcome}};
}

// --- from JSON

ToldTurn turn_in(const Json& json) {
  ToldTurn turn;
  take(json, "number", turn.number);
  take(json, "type", turn.type);
  take(json, "turn_id", turn.turn_id);
  take(json, "session_id", turn.session_id);
  take(json, "agent_version", turn.agent_version);
  take(json, "begun_ms", turn.begun_ms);
  take(json, "ended_ms", turn.ended_ms);
  take(json, "caller", turn.caller);
  for (const Json& piece : list_in(json, "said")) {
    ToldPiece said;
    std::string by;
    take(piece, "at_ms", said.at_ms);
    take(piece, "by", by);
    take(piece, "text", said.text);
    said.by_host = by == "host";
    turn.said.push_back(std::move(said));
  }
  take(json, "sent", turn.sent);
  if (json.contains("heard") && !json["heard"].is_null())
    turn.heard = json["heard"].get<std::string>();
  take(json, "interrupted", turn.interrupted);
  take(json, "outcome", turn.outcome);
  return turn;
}

}  // namespace

Error unknown_talk(std::string_view agent, std::string_view conversation) {
  return {"unknown_conversation",
          fmt::format("nothing is known of a conversation {}/{}", printable(agent),
                      printable(conversation)),
          "patchbay conversations lists them; what is too old has been forgotten"};
}

Talk talk_of(std::string agent, std::string conversation, const std::vector<Record>& records) {
  Talk talk;
  talk.agent = std::move(agent);
  talk.conversation = std::move(conversation);
  for (const Record& record : records) {
    if (is_turn(record)) {
      Result<TurnRecord> turn = decode_turn_record(record.value);
      if (turn) {
        talk.turns.push_back(told(*std::move(turn)));
      } else {
        ++talk.unreadable;
      }
    } else if (const auto key = Values::key_in(record)) {
      talk.state.emplace_back(*key);
    } else if (const auto step = Journal::step_in(record)) {
      talk.journal.push_back({std::string(step->key), step->is_done});
    }
  }
  std::sort(talk.turns.begin(), talk.turns.end(),
            [](const ToldTurn& a, const ToldTurn& b) { return a.number < b.number; });
  return talk;
}

TalkList talk_list_of(const Page& page) {
  TalkList out;
  for (const Listed& listed : page.conversations) out.conversations.push_back(entry_of(listed));
  out.next = page.next;
  return out;
}

std::string encode_talk(const Talk& talk) {
  Json turns = Json::array();
  for (const ToldTurn& turn : talk.turns) turns.push_back(json_of(turn));
  Json journal = Json::array();
  for (const Talk::Step& step : talk.journal)
    journal.push_back({{"key", step.key}, {"done", step.done}});
  return text_of({{"agent", talk.agent},
                  {"conversation", talk.conversation},
                  {"turns", std::move(turns)},
                  {"unreadable", talk.unreadable},
                  {"unwritten", talk.unwritten},
                  {"state", talk.state},
                  {"journal", std::move(journal)}});
}

std::string encode_talk_list(const TalkList& list) {
  Json entries = Json::array();
  for (const TalkList::Entry& entry : list.conversations) {
    entries.push_back({{"agent", entry.agent},
                       {"conversation", entry.conversation},
                       {"last_write_ms", entry.last_write_ms}});
  }
  return text_of(
      {{"conversations", std::move(entries)}, {"next", list.next}, {"unwritten", list.unwritten}});
}

std::string encode_turn_of(const Talk& talk, const ToldTurn& turn) {
  Json line{{"agent", talk.agent}, {"conversation", talk.conversation}};
  line.update(json_of(turn));
  return text_of(line);
}

Result<Talk> decode_talk(std::string_view json) {
  return read_fields<Talk>(json, topic, [](const Json& document, Talk& out) {
    take(document, "agent", out.agent);
    take(document, "conversation", out.conversation);
    for (const Json& turn : list_in(document, "turns")) out.turns.push_back(turn_in(turn));
    take(document, "unreadable", out.unreadable);
    take(document, "unwritten", out.unwritten);
    take(document, "state", out.state);
    for (const Json& step : list_in(document, "journal")) {
      Talk::Step& one = out.journal.emplace_back();
      take(step, "key", one.key);
      take(step, "done", one.done);
    }
  });
}

Result<TalkList> decode_talk_list(std::string_view json) {
  return read_fields<TalkList>(json, topic, [](const Json& document, TalkList& out) {
    for (const Json& entry : list_in(document, "conversations")) {
      TalkList::Entry& one = out.conversations.emplace_back();
      take(entry, "agent", one.agent);
      take(entry, "conversation", one.conversation);
      take(entry, "last_write_ms", one.last_write_ms);
    }
    take(document, "next", out.next);
    take(document, "unwritten", out.unwritten);
  });
}

Result<bool> decode_forgotten(std::string_view json) {
  return read_fields<bool>(json, topic, [](const Json& document, bool& out) {
    out = document.at("forgotten").get<bool>();
  });
}

}  // namespace patchbay

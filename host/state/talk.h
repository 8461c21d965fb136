// SPDX-License-Identifier: MIT
// A conversation as an operator is told of it, and as JSON: who said what, when, what was sent of
// it and what was heard. Of what an agent remembers the keys only: the values are its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"
#include "machine/store.h"

namespace patchbay {

struct ToldPiece {
  std::int64_t at_ms = 0;  // Unix time
  bool by_host = false;    // a filler or the fallback line, and not the agent's
  std::string text;
};

struct ToldTurn {
  std::uint64_t number = 0;
  std::string type;  // eg: "message"
  std::string turn_id;
  std::string session_id;
  std::string agent_version;
  std::int64_t begun_ms = 0;  // Unix time
  std::int64_t ended_ms = 0;  // 0: it has no end: it runs, or its host has died
  std::string caller;         // what the caller said; empty where nothing
  std::vector<ToldPiece> said;
  std::string sent;  // all that was said to the caller
  std::optional<std::string>
      heard;                 // and so much he heard; nothing: it was cut, nobody knows where
  bool interrupted = false;  // by the caller, who spoke or hung up, or by the host's end
  std::string outcome;       // eg: "answered"; empty until it has ended
};

struct Talk {
  struct Step {
    std::string key;
    bool done = false;
  };
  std::string agent;
  std::string conversation;
  std::vector<ToldTurn> turns;  // the oldest first
  std::size_t unreadable = 0;   // turns whose records are damaged, or a newer host's
  std::vector<std::string> state;
  std::vector<Step> journal;
  std::size_t unwritten = 0;  // Writes, perhaps of this one, that the store has not got yet
};

struct TalkList {
  struct Entry {
    std::string agent;
    std::string conversation;
    std::int64_t last_write_ms = 0;  // Unix time
  };
  std::vector<Entry> conversations;  // the one written last first
  std::string next;                  // where to go on; empty: that was all
  std::size_t unwritten = 0;         // see Talk
};

// What people are told where the store has nothing.
Error unknown_talk(std::string_view agent, std::string_view conversation);

// What the store has under that conversation's name.
Talk talk_of(std::string agent, std::string conversation, const std::vector<Record>& records);
// A name of another form is taken for an agent without conversation.
TalkList talk_list_of(const Page& page);

// One line each. Bytes that are no UTF-8 become U+FFFD.
std::string encode_talk(const Talk& talk);
std::string encode_talk_list(const TalkList& list);
// One turn by itself, with the agent and the conversation it is of.
std::string encode_turn_of(const Talk& talk, const ToldTurn& turn);

// What is missing keeps its default, what is unknown is passed over. The Error means that it is no
// such JSON at all.
Result<Talk> decode_talk(std::string_view json);
Result<TalkList> decode_talk_list(std::string_view json);
// {"forgotten":true}
Result<bool> decode_forgotten(std::string_view json);

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// One turn of a conversation as it really was, and its form in a store: one line of JSON.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

// Something that was said to the caller, as it was sent.
struct SaidPiece {
  std::string text;
  std::int64_t unix_ms = 0;  // when it began
  bool by_host = false;      // a filler or the fallback line, and not the agent's

  bool operator==(const SaidPiece&) const = default;
};

// JSON for the screen, as it was sent.
struct ShownPiece {
  std::string json;
  std::int64_t unix_ms = 0;
  std::size_t at = 0;  // so many bytes had been said in that turn before

  bool operator==(const ShownPiece&) const = default;
};

// What of an answer is no words, so that it can be given again.
struct BesideWords {
  std::vector<ShownPiece> shown = {};
  bool hung_up = false;     // the pipeline was asked to hang up, after all else
  bool unheard_of = false;  // the agent never got to know of the turn
  bool cut = false;         // there was more than is kept: of what is shown, or of all

  bool operator==(const BesideWords&) const = default;
};

struct TurnRecord {
  std::uint64_t number = 0;  // in its conversation; those of later turns are higher
  std::string type;          // eg: "message", "session.start"
  std::string turn_id;       // empty where the event has none
  std::string session_id;
  std::string agent_version;  // eg: "1.4.2"; who answered
  std::string text;           // what the caller said; empty where nothing
  std::int64_t begun_ms = 0;  // Unix time
  std::vector<SaidPiece> said;
  std::string outcome;        // name_of(Outcome), eg: "answered"; empty until it has ended
  std::int64_t ended_ms = 0;  // 0 until it has ended
  BesideWords beside = {};
  // What the pipeline told of it afterwards.
  bool talked_over = false;          // the caller spoke into it
  std::optional<std::string> heard;  // and so much he had heard; nothing where that is not known

  bool operator==(const TurnRecord&) const = default;
};

// What makes it the turn that it is, in its conversation (decision 0012): its event, session and
// id, and what was said. Two hosts give the same name to the same turn.
std::string name_of(const TurnRecord& turn);

// A record of this version has "v":1. Fields that are empty are left out.
std::string encode_turn_record(const TurnRecord& record);

// Fields that are not known are passed over, so that an older host reads what a newer one wrote.
// The Error (turn_record_unreadable, turn_record_newer) quotes nothing: these are a caller's words.
Result<TurnRecord> decode_turn_record(std::string_view bytes);

}  // namespace patchbay

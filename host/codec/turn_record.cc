// SPDX-License-Identifier: MIT
#include "codec/turn_record.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <concepts>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "codec/event.h"
#include "codec/json_text.h"
#include "ground/text.h"

namespace patchbay {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t version = 1;
constexpr std::size_t usual_bytes = 512;  // of a turn, so that its record is made in one piece
// Beyond, a number is no date; and the sum of two of them still is a number.
constexpr std::int64_t latest_ms = std::int64_t{1} << 52;

// --- writing

void append_number(std::string& out, std::integral auto number) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

// `name` eg: R"(,"text":)"
void append_text(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += name;
  append_json_string(out, text);
}

void append_said(std::string& out, const TurnRecord& record) {
  if (record.said.empty()) return;
  out += R"(,"said":[)";
  for (const SaidPiece& piece : record.said) {
    if (out.back() != '[') out += ',';
    out += '[';
    append_number(out, piece.unix_ms - record.begun_ms);
    out += ',';
    append_json_string(out, piece.text);
    out += piece.by_host ? ",1]" : "]";
  }
  out += ']';
}

void append_beside(std::string& out, const TurnRecord& record) {
  const BesideWords& beside = record.beside;
  for (const ShownPiece& piece : beside.shown) {
    out += &piece == &beside.shown.front() ? R"(,"shown":[)" : ",";
    out += fmt::format("[{},{},", piece.unix_ms - record.begun_ms, piece.at);
    append_json_string(out, piece.json);
    out += ']';
  }
  if (!beside.shown.empty()) out += ']';
  if (beside.hung_up) out += R"(,"hangup":true)";
  if (beside.unheard_of) out += R"(,"unheard_of":true)";
  if (beside.cut) out += R"(,"cut":true)";
}

// --- reading

Error unreadable(std::string_view why) {
  return {"turn_record_unreadable", fmt::format("the record of a turn cannot be read: {}", why),
          "it was damaged, or is no record of a turn; the turn is left out of the history"};
}

// Reads the fields of one object; every field after a bad one is as good as absent. Ask wrong()
// at the end.
class FieldReader {
 public:
  explicit FieldReader(const Json& object) : object_(object) {}

  std::string text(const char* name) {
    const Json* field = find(name);
    if (field == nullptr) return {};
    if (field->is_string()) return field->get<std::string>();
    blame(name);
    return {};
  }
  std::int64_t time(const char* name) {
    const Json* field = find(name);
    if (field == nullptr) return 0;
    if (is_time(*field) && field->get<std::int64_t>() >= 0) return field->get<std::int64_t>();
    blame(name);
    return 0;
  }
  std::uint64_t count(const char* name) {
    const Json* field = find(name);
    if (field != nullptr && field->is_number_unsigned()) return field->get<std::uint64_t>();
    blame(name);
    return 0;
  }
  bool flag(const char* name) {
    const Json* field = find(name);
    if (field == nullptr) return false;
    if (!field->is_boolean()) blame(name);
    return field->is_boolean() && field->get<bool>();
  }
  // [milliseconds after begun, "text"], with a third element where the host said it.
  std::vector<SaidPiece> pieces(const char* name, std::int64_t begun_ms) {
    std::vector<SaidPiece> all;
    const Json* field = find(name);
    if (field == nullptr) return all;
    if (!field->is_array()) blame(name);
    for (const Json& piece : *field) {
      if (!is_piece(piece)) {
        blame(name);
        break;
      }
      all.push_back({piece[1].get<std::string>(), begun_ms + piece[0].get<std::int64_t>(),
                     piece.size() > 2 && piece[2] == 1});
    }
    return all;
  }
  // [milliseconds after begun, bytes said before, "json"]
  std::vector<ShownPiece> shown(const char* name, std::int64_t begun_ms) {
    std::vector<ShownPiece> all;
    const Json* field = find(name);
    if (field == nullptr) return all;
    if (!field->is_array()) blame(name);
    for (const Json& piece : *field) {
      const bool good = piece.is_array() && piece.size() >= 3 && is_time(piece[0]) &&
                        piece[1].is_number_unsigned() && piece[2].is_string();
      if (!good) {
        blame(name);
        break;
      }
      all.push_back({piece[2].get<std::string>(), begun_ms + piece[0].get<std::int64_t>(),
                     piece[1].get<std::size_t>()});
    }
    return all;
  }
  [[nodiscard]] bool has(const char* name) const { return object_.contains(name); }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  static bool is_time(const Json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= latest_ms;
    return value.is_number_integer() && value.get<std::int64_t>() >= -latest_ms;
  }
  static bool is_piece(const Json& piece) {
    return piece.is_array() && piece.size() >= 2 && is_time(piece[0]) && piece[1].is_string();
  }

  const Json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  void blame(const char* name) {
    if (wrong_.empty()) wrong_ = fmt::format("its \"{}\" is not as it should be", name);
  }

  const Json& object_;
  std::string wrong_;
};

Result<TurnRecord> record_of(const Json& object) {
  FieldReader from(object);
  const std::uint64_t written_by = from.count("v");
  if (written_by > version) {
    return Error{"turn_record_newer",
                 fmt::format("the record of a turn is of version {}, this host knows {}",
                             written_by, version),
                 "a newer host wrote it: update this one, or give each a store of its own"};
  }
  TurnRecord record;
  record.number = from.count("n");
  record.type = from.text("type");
  record.turn_id = from.text("turn");
  record.session_id = from.text("session");
  record.agent_version = from.text("agent");
  record.text = from.text("text");
  record.begun_ms = from.time("at");
  record.said = from.pieces("said", record.begun_ms);
  record.outcome = from.text("outcome");
  record.ended_ms = from.time("end");
  record.beside.shown = from.shown("shown", record.begun_ms);
  record.beside.hung_up = from.flag("hangup");
  record.beside.unheard_of = from.flag("unheard_of");
  record.beside.cut = from.flag("cut");
  record.talked_over = from.flag("over");
  if (from.has("heard")) record.heard = from.text("heard");
  if (!from.wrong().empty()) return unreadable(from.wrong());
  if (written_by == 0 || record.number == 0) return unreadable("it has no version, or no number");
  return record;
}

}  // namespace

std::string name_of(const TurnRecord& turn) {
  std::uint64_t text = 0xcbf29ce484222325;  // FNV-1a: the same in every build
  for (const char byte : turn.text)
    text = (text ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return fmt::format("{}\n{}\n{}\n{:016x}", turn.session_id, turn.type, turn.turn_id, text);
}

std::string encode_turn_record(const TurnRecord& record) {
  std::string out;
  out.reserve(usual_bytes);
  out += R"({"v":)";
  append_number(out, version);
  out += R"(,"n":)";
  append_number(out, record.number);
  out += R"(,"at":)";
  append_number(out, record.begun_ms);
  append_text(out, R"(,"type":)", record.type);
  append_text(out, R"(,"turn":)", record.turn_id);
  append_text(out, R"(,"session":)", record.session_id);
  append_text(out, R"(,"agent":)", record.agent_version);
  append_text(out, R"(,"text":)", record.text);
  append_said(out, record);
  append_beside(out, record);
  append_text(out, R"(,"outcome":)", record.outcome);
  if (record.ended_ms != 0) {
    out += R"(,"end":)";
    append_number(out, record.ended_ms);
  }
  if (record.talked_over) out += R"(,"over":true)";
  if (record.heard) {
    out += R"(,"heard":)";
    append_json_string(out, *record.heard);
  }
  out += '}';
  return out;
}

Result<TurnRecord> decode_turn_record(std::string_view bytes) {
  if (const Problem bad = check_json(bytes, max_json_depth)) return unreadable(bad->message);
  try {
    const Json object = Json::parse(bytes);
    return object.is_object() ? record_of(object) : unreadable("it is no JSON object");
  } catch (const std::exception&) {  // out of memory
    return unreadable("there is no memory for it");
  }
}

}  // namespace patchbay

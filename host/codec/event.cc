// SPDX-License-Identifier: MIT
#include "codec/event.h"

#include <array>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

// The fields of a body that the host itself reads (protocol §1.3); all others are the agent's.
struct Fields {
  std::optional<std::string> type;
  std::optional<std::string> session_id;
  std::optional<std::string> conversation_id;
  std::optional<std::string> connection_id;
  std::optional<std::string> turn_id;
  std::optional<std::string> text;
  bool previous_turn_interrupted = false;
  std::optional<std::string> text_heard;
  std::optional<std::string> assistant_turn_id;
  std::optional<double> words_heard;
  std::optional<std::string> custom_language;
  std::optional<std::string> language;
};

Error not_json(std::string message) {
  return {"body_not_json", std::move(message), "a webhook body is one JSON object in UTF-8"};
}

Error not_object() {
  return {"body_not_object", "the body is JSON, but not an object",
          "a webhook body is one JSON object, with a field \"type\""};
}

// Takes the Fields out of the parser's events; builds no tree, so that the transcript of a long
// session.end costs no memory. nlohmann's parser keeps its place in a vector and never recurses.
class FieldReader {
 public:
  using json = nlohmann::json;

  explicit FieldReader(std::size_t size) : size_(size) {}

  bool null() { return skip(); }
  bool boolean(bool value) {
    if (flag_ != nullptr) *flag_ = value;
    return skip();
  }
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) { return number(value); }
  bool string(std::string& value) {
    if (string_ != nullptr) *string_ = std::move(value);
    return skip();
  }
  bool binary(json::binary_t&) { return skip(); }

  bool key(const std::string& name) {
    skip();
    if (depth_ == 1) {
      in_interruption_ = name == "interruption_context";
      if (in_interruption_) forget_interruption();
      language_ = language_field(name);
      if (language_ != nullptr) language_->reset();
      string_ = body_field(name);
    } else if (depth_ == 2 && in_interruption_) {
      choose_interruption_field(name);
    } else if (depth_ == 2 && name == "language") {
      string_ = language_;
    }
    if (string_ != nullptr) string_->reset();  // of two fields of one name the last counts
    return true;
  }

  bool start_object(std::size_t) {
    if (depth_ == 0) is_object_ = true;
    return enter();
  }
  bool start_array(std::size_t) { return enter(); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& why) {
    constexpr int out_of_range = 406;
    if (why.id == out_of_range) {
      problem_ =
          not_json("the number that ends at byte " + std::to_string(position) + " is too large");
    } else if (position > size_) {
      problem_ = not_json("the body breaks off at byte " + std::to_string(size_));
    } else {
      problem_ = not_json("the body is not JSON: byte " + std::to_string(position) +
                          " does not belong there");
    }
    return false;
  }

  [[nodiscard]] Result<Fields> fields() && {
    if (problem_) return *std::move(problem_);
    if (!is_object_) return not_object();
    return std::move(fields_);
  }

 private:
  std::optional<std::string>* body_field(std::string_view name) {
    if (name == "type") return &fields_.type;
    if (name == "session_id") return &fields_.session_id;
    if (name == "conversation_id") return &fields_.conversation_id;
    if (name == "connection_id") return &fields_.connection_id;
    if (name == "turn_id") return &fields_.turn_id;
    if (name == "text") return &fields_.text;
    return nullptr;
  }

  // Where the `language` inside of this field belongs; null where it is not asked for.
  std::optional<std::string>* language_field(std::string_view name) {
    if (name == "custom_metadata") return &fields_.custom_language;
    if (name == "metadata") return &fields_.language;
    return nullptr;
  }

  void choose_interruption_field(std::string_view name) {
    if (name == "text_heard") string_ = &fields_.text_heard;
    if (name == "assistant_turn_id") string_ = &fields_.assistant_turn_id;
    if (name == "words_heard") {
      number_ = &fields_.words_heard;
      number_->reset();
    }
    if (name == "previous_turn_interrupted") {
      flag_ = &fields_.previous_turn_interrupted;
      *flag_ = false;
    }
  }

  void forget_interruption() {
    fields_.previous_turn_interrupted = false;
    fields_.text_heard.reset();
    fields_.assistant_turn_id.reset();
    fields_.words_heard.reset();
  }

  bool number(double value) {
    if (number_ != nullptr) *number_ = value;
    return skip();
  }

  // The value of the last key is read or passed over: whatever follows is not its value.
  bool skip() {
    string_ = nullptr;
    number_ = nullptr;
    flag_ = nullptr;
    return true;
  }

  bool enter() {
    if (++depth_ <= max_json_depth) return skip();
    problem_ = Error{"body_too_deep",
                     "the body is nested deeper than " + std::to_string(max_json_depth) + " levels",
                     "no pipeline nests so deep: see what the session's metadata holds"};
    return false;
  }

  bool leave() {
    --depth_;
    return true;
  }

  std::size_t size_;
  std::size_t depth_ = 0;
  bool is_object_ = false;
  bool in_interruption_ = false;
  // Where the value of the key just read belongs; null where it does not matter.
  std::optional<std::string>* string_ = nullptr;
  std::optional<std::string>* language_ = nullptr;
  std::optional<double>* number_ = nullptr;
  bool* flag_ = nullptr;
  Fields fields_;
  Problem problem_;
};

// What nlohmann passes over in silence (a byte order mark; a NUL, which it takes for the end), and
// what it names without its place.
Problem check_bytes(std::string_view body) {
  if (body.empty()) return not_json("the body is empty");
  if (const std::size_t good = valid_utf8_prefix(body); good != body.size()) {
    return Error{"body_not_utf8", "byte " + std::to_string(good + 1) + " of the body is not UTF-8",
                 "a webhook body is one JSON object in UTF-8"};
  }
  if (body.starts_with("\xEF\xBB\xBF")) return not_json("the body begins with a byte order mark");
  if (const std::size_t nul = body.find('\0'); nul != std::string_view::npos) {
    return not_json("byte " + std::to_string(nul + 1) + " of the body is NUL");
  }
  return std::nullopt;
}

// The kind of a \uXXXX escape that begins at `at`.
enum class Escape { other, high_surrogate, low_surrogate };

Escape escape_at(std::string_view body, std::size_t at) {
  constexpr std::size_t length = 6;
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  const std::string_view escape = body.substr(at, length);
  if (escape.size() < length || !(escape.starts_with("\\ud") || escape.starts_with("\\uD"))) {
    return Escape::other;
  }
  if (escape.find_first_not_of(hex, 3) != std::string_view::npos) return Escape::other;
  if (escape[3] < '8') return Escape::other;
  const bool is_high = std::string_view("89abAB").find(escape[3]) != std::string_view::npos;
  return is_high ? Escape::high_surrogate : Escape::low_surrogate;
}

// Where half a surrogate pair is escaped, alone, from `at` on; npos where none is.
std::size_t find_lone_surrogate(std::string_view body, std::size_t at) {
  while ((at = body.find('\\', at)) != std::string_view::npos) {
    const Escape kind = escape_at(body, at);
    if (kind == Escape::low_surrogate) return at;
    if (kind == Escape::high_surrogate) {
      if (escape_at(body, at + 6) != Escape::low_surrogate) return at;
      at += 12;
    } else {
      at += 2;  // also over an escaped backslash
    }
    if (at >= body.size()) break;
  }
  return std::string_view::npos;
}

// nlohmann refuses a lone half; a turn of a living caller must not end on it. Same length: the
// places that Errors name stay true.
std::string_view repair_surrogates(std::string_view body, std::string& repaired) {
  std::size_t at = find_lone_surrogate(body, 0);
  if (at == std::string_view::npos) return body;
  repaired = body;
  for (; at != std::string_view::npos; at = find_lone_surrogate(repaired, at)) {
    repaired.replace(at, 6, "\\ufffd");
  }
  return repaired;
}

Result<Fields> read_fields(std::string_view body) {
  if (Problem problem = check_bytes(body)) return *std::move(problem);
  std::string repaired;
  body = repair_surrogates(body, repaired);
  FieldReader reader(body.size());
  nlohmann::json::sax_parse(body.begin(), body.end(), &reader);
  return std::move(reader).fields();
}

// v0 shouts (§1.4).
std::string modern_type(std::string type) {
  if (type == "MESSAGE") return "message";
  if (type == "SESSION_START") return "session.start";
  return type;
}

constexpr std::array named_types{EventType::message, EventType::session_start, EventType::data,
                                 EventType::session_update, EventType::session_end};

EventType type_of(std::string_view name) {
  for (const EventType type : named_types) {
    if (name_of(type) == name) return type;
  }
  return EventType::unknown;
}

bool is_given(const std::optional<std::string>& id) {
  return id && !id->empty();
}

// v2 names both; v1 knows the session only; in v0 what is called the session is the conversation,
// and the connection is the session (§1.4). An empty id is none: it would join strangers'
// conversations.
void set_ids(Event& event, Fields& fields) {
  event.session_id = std::move(fields.session_id).value_or("");
  if (is_given(fields.conversation_id)) {
    event.conversation_id = *std::move(fields.conversation_id);
    return;
  }
  event.conversation_id = event.session_id;
  if (is_given(fields.connection_id)) event.session_id = *std::move(fields.connection_id);
  if (event.conversation_id.empty()) event.conversation_id = event.session_id;
}

// Ids are joined with line breaks into names of records, and come back in listings, addresses and
// lines of the log: one with a control character could pass for another there.
Problem check_id(std::string_view field, const std::optional<std::string>& id) {
  if (!id) return std::nullopt;
  constexpr std::string_view remedy =
      "ids are made by the pipeline, printable and short: see who made this one";
  std::string message(field);
  if (id->size() > longest_id) {
    message += " has " + std::to_string(id->size()) + " bytes; an id has at most " +
               std::to_string(longest_id);
  } else if (has_control(*id)) {
    message += " has a control character in it";
  } else {
    return std::nullopt;
  }
  return Error{"id_invalid", std::move(message), std::string(remedy)};
}

Problem check_ids(const Fields& fields) {
  if (Problem wrong = check_id("conversation_id", fields.conversation_id)) return wrong;
  if (Problem wrong = check_id("session_id", fields.session_id)) return wrong;
  if (Problem wrong = check_id("connection_id", fields.connection_id)) return wrong;
  return check_id("turn_id", fields.turn_id);
}

Event event_of(Fields fields) {
  Event event;
  event.type_name = modern_type(*std::move(fields.type));
  event.type = type_of(event.type_name);
  set_ids(event, fields);
  event.turn_id = std::move(fields.turn_id);
  event.text = std::move(fields.text).value_or("");
  event.language =
      std::move(is_given(fields.custom_language) ? fields.custom_language : fields.language)
          .value_or("");
  if (fields.previous_turn_interrupted) {
    event.interruption =
        Interruption{std::move(fields.text_heard).value_or(""),
                     std::move(fields.assistant_turn_id).value_or(""), fields.words_heard};
  }
  return event;
}

}  // namespace

std::string conversation_name(std::string_view agent, std::string_view conversation_id) {
  std::string name(agent);
  name += '\n';
  name += conversation_id;
  return name;
}

std::pair<std::string_view, std::string_view> parts_of_conversation_name(std::string_view name) {
  const std::size_t end = name.find('\n');
  if (end == std::string_view::npos) return {name, {}};
  return {name.substr(0, end), name.substr(end + 1)};
}

std::string_view name_of(EventType type) {
  switch (type) {
    case EventType::message:
      return "message";
    case EventType::session_start:
      return "session.start";
    case EventType::data:
      return "data";
    case EventType::session_update:
      return "session.update";
    case EventType::session_end:
      return "session.end";
    case EventType::unknown:
      break;
  }
  return "unknown";
}

Result<Event> decode_event(std::string_view body) {
  try {
    Result<Fields> fields = read_fields(body);
    if (!fields) return std::move(fields).error();
    if (!fields->type) {
      return Error{"type_missing", "the body has no field \"type\", or it is not a string",
                   "a webhook body names its event, as in {\"type\":\"message\"}"};
    }
    if (Problem wrong = check_ids(*fields)) return *std::move(wrong);
    return event_of(*std::move(fields));
  } catch (const std::exception&) {
    return not_json("the body could not be read");
  }
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// Can a body's bytes hurt us? Whatever decodes keeps the promises that the units behind it rely on;
// whatever passes check_json stays inside the event it is put into.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "codec/event.h"
#include "codec/json_text.h"
#include "codec/sse.h"
#include "ground/text.h"

namespace {

using nlohmann::json;

void require(bool promise) {
  if (!promise) std::abort();
}

json event_of(std::string_view bytes) {
  require(bytes.starts_with("data: ") && bytes.ends_with("\n\n"));
  const std::string_view line = bytes.substr(6, bytes.size() - 8);
  require(line.find_first_of("\r\n") == std::string_view::npos && patchbay::is_utf8(line));
  json event = json::parse(line, nullptr, false);
  require(event.is_object());
  return event;
}

void check_decoded(const patchbay::Event& event) {
  for (const std::string& text : {event.type_name, event.session_id, event.conversation_id,
                                  event.text, event.turn_id.value_or("")}) {
    require(patchbay::is_utf8(text));
  }
  require(!event.conversation_id.empty() || event.session_id.empty());
  require((event.type == patchbay::EventType::unknown) ||
          patchbay::name_of(event.type) == event.type_name);
  std::string out;
  patchbay::SseEncoder(event.turn_id).append_tts(out, event.text);
  const json echoed = event_of(out);
  require(echoed["content"] == event.text);
  require(echoed.contains("turn_id") == event.turn_id.has_value());
  if (event.turn_id) require(echoed["turn_id"] == *event.turn_id);
}

bool is_id(std::string_view text) {
  return text.size() <= patchbay::longest_id && !patchbay::has_control(text);
}

// A body that is judged good JSON must decode as the tree of it says.
void check_against_tree(const patchbay::Result<patchbay::Event>& event, std::string_view body) {
  const json tree = json::parse(body, nullptr, false);
  require(!tree.is_discarded());
  const auto text_of = [&](const char* name) {
    return tree.is_object() && tree.contains(name) && tree[name].is_string()
               ? tree[name].get<std::string>()
               : "";
  };
  const bool has_type = tree.is_object() && tree.contains("type") && tree["type"].is_string();
  const bool good_ids =
      std::ranges::all_of(std::array{"conversation_id", "session_id", "connection_id", "turn_id"},
                          [&](const char* name) { return is_id(text_of(name)); });
  require(static_cast<bool>(event) == (has_type && good_ids));
  if (!event) return;
  require(event->text == text_of("text"));
  require(event->turn_id.value_or("") == text_of("turn_id"));
  const json context = tree.value("interruption_context", json());
  const bool interrupted = context.is_object() && context.contains("previous_turn_interrupted") &&
                           context["previous_turn_interrupted"] == true;
  require(event->interruption.has_value() == interrupted);
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const patchbay::Result<patchbay::Event> event = patchbay::decode_event(body);
  if (event) check_decoded(*event);

  const patchbay::Problem problem = patchbay::check_json(body, patchbay::max_json_depth);
  if (!problem) {
    check_against_tree(event, body);
    std::string out;
    patchbay::SseEncoder("turn \"4\"").append_data(out, body);
    const json sent = event_of(out);
    require(sent.size() == 3 && sent["content"] == json::parse(body, nullptr, false));
  }

  std::string out;
  patchbay::SseEncoder(std::nullopt).append_tts(out, body);
  std::string repaired;
  patchbay::append_utf8_repaired(repaired, body);
  require(event_of(out)["content"] == repaired);
  return 0;
}

// SPDX-License-Identifier: MIT
#include "codec/refused_event.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "ground/text.h"

namespace patchbay {
namespace {

struct Said {
  std::string message;
  std::string hint;
};

std::string text_at(const nlohmann::json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : "";
}

// {"error":{"message":…,"hint":…}} is ours; {"error":"…"} and {"detail":"…"} are what others write.
Said read_error_body(std::string_view body) {
  try {
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return {};
    const auto error = json.find("error");
    if (error != json.end() && error->is_object()) {
      return {text_at(*error, "message"), text_at(*error, "hint")};
    }
    const std::string message = text_at(json, "error");
    return {message.empty() ? text_at(json, "detail") : message, ""};
  } catch (const std::exception&) {
    return {};
  }
}

std::string beginning_of(std::string_view body) {
  constexpr std::size_t enough = 200;  // bytes
  std::string text;
  append_utf8_repaired(text, body.substr(0, enough));
  return body.size() > enough ? text + "…" : text;
}

std::string usual_hint(const HttpAnswerHead& head) {
  switch (head.status) {
    case 401:
    case 403:
      return "the secret is not the agent's, or the two clocks differ by more than 300 s; the log "
             "of "
             "the host names the reason";
    case 404:
      return "check the path: /agents/NAME, or /api/agent for the default agent";
    case 405:
      return "that URL takes no POST: is it the webhook's?";
    case 503:
      return "the host is busy or going down; try again";
    default:
      break;
  }
  const std::string_view location = head.header("location");
  if (head.status < 300 || head.status >= 400 || location.empty()) return {};
  return "a pipeline follows no redirect: call " + std::string(location) + " itself";
}

}  // namespace

Error explain_refused_event(const HttpAnswerHead& head, std::string_view body) {
  Said said = read_error_body(body);
  if (said.message.empty()) said.message = beginning_of(body);
  Error error{"http_" + std::to_string(head.status),
              "the agent's server answers " + std::to_string(head.status), std::move(said.hint)};
  if (!head.reason.empty()) error.message += ' ' + head.reason;
  if (!said.message.empty()) error.message += ": " + said.message;
  // To a 401 a server rightly says nothing that helps; who calls can know.
  if (const std::string usual = usual_hint(head); error.hint.empty() || head.status == 401) {
    error.hint = usual;
  }
  return error;
}

}  // namespace patchbay

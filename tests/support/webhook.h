// SPDX-License-Identifier: MIT
// Webhooks as a pipeline sends them: bodies, signatures, requests. Signs with OpenSSL directly, so
// that the host's own code does not judge itself.
#pragma once
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "support/line.h"

namespace patchbay::test {

// "t=…,v1=…" over these bytes.
std::string signature(std::string_view body, std::string_view secret, std::time_t t);

struct Webhook {
  std::string path = "/api/agent";
  std::string body;
  std::string secret;                   // empty: test_secret
  std::time_t at = std::time(nullptr);  // when it was signed
  std::vector<std::string> headers;     // further lines, without line ends
  bool is_signed = true;
  bool chunked = false;

  [[nodiscard]] std::string request() const;  // the bytes on the wire
};

// The body of a message in that conversation, with that text (any bytes that are UTF-8); of a turn
// of its own, unless its id is given.
std::string message(std::string_view text, std::string_view conversation = "conv_1",
                    std::string_view turn = {});
// The id of a turn that no other has in this process.
std::string fresh_turn();
// Any event: its fields as JSON text, eg: event("data", R"("turn_id":"t","data":{})").
std::string event(std::string_view type, std::string_view fields = "",
                  std::string_view conversation = "conv_1");

// Sends it on a connection of its own and reads the whole answer.
Answer send(std::uint16_t port, const Webhook& webhook);
// The same for a message to an agent.
Answer say(std::uint16_t port, std::string_view agent, std::string_view text,
           std::string_view conversation = "conv_1");
// Any other request, as bytes.
Answer send_raw(std::uint16_t port, std::string_view request, bool head_only = false);
Answer get(std::uint16_t port, const std::string& path);

}  // namespace patchbay::test

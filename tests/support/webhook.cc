// SPDX-License-Identifier: MIT
#include "support/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <atomic>
#include <cstdio>

#include "support/host_process.h"

namespace patchbay::test {
namespace {

std::string chunks_of(std::string_view body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += 37) {
    const std::string_view piece = body.substr(at, 37);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    out.append(size).append(piece).append("\r\n");
  }
  return out + "0\r\n\r\n";
}

}  // namespace

std::string signature(std::string_view body, std::string_view secret, std::time_t t) {
  const std::string time = std::to_string(t);
  const std::string bytes = time + "." + std::string(body);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), mac, &length);
  std::string header = "t=" + time + ",v1=";
  for (unsigned int i = 0; i < length; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", mac[i]);
    header += hex;
  }
  return header;
}

std::string Webhook::request() const {
  std::string out = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const std::string& line : headers) out += line + "\r\n";
  if (is_signed)
    out += "layercode-signature: " + signature(body, secret.empty() ? test_secret : secret, at) +
           "\r\n";
  if (chunked) return out + "Transfer-Encoding: chunked\r\n\r\n" + chunks_of(body);
  return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string fresh_turn() {
  static std::atomic<int> made = 0;
  return "turn_fresh_" + std::to_string(++made);
}

std::string message(std::string_view text, std::string_view conversation, std::string_view turn) {
  return Json{{"type", "message"},
              {"session_id", "sess_1"},
              {"conversation_id", conversation},
              {"turn_id", turn.empty() ? fresh_turn() : std::string(turn)},
              {"text", text}}
      .dump();
}

std::string event(std::string_view type, std::string_view fields, std::string_view conversation) {
  std::string body = R"({"type":")" + std::string(type) +
                     R"(","session_id":"sess_1","conversation_id":")" + std::string(conversation) +
                     '"';
  if (!fields.empty()) body += ',' + std::string(fields);
  return body + '}';
}

Answer send(std::uint16_t port, const Webhook& webhook) {
  return send_raw(port, webhook.request());
}

Answer say(std::uint16_t port, std::string_view agent, std::string_view text,
           std::string_view conversation) {
  Webhook webhook;
  webhook.path = "/agents/" + std::string(agent);
  webhook.body = message(text, conversation);
  return send(port, webhook);
}

Answer send_raw(std::uint16_t port, std::string_view request, bool head_only) {
  Line line(port);
  line.send(request);
  return line.read_answer(head_only);
}

Answer get(std::uint16_t port, const std::string& path) {
  return send_raw(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

}  // namespace patchbay::test

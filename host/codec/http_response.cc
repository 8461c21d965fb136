// SPDX-License-Identifier: MIT
#include "codec/http_response.h"

#include <array>
#include <cstddef>

#include "codec/json_text.h"

namespace patchbay {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr std::array<Phrase, 26> phrases{{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

std::string_view usual_phrase(int status) {
  for (const Phrase& phrase : phrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Status";
}

void append_without_controls(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) out += c;
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_without_controls(out, name);
  out += ": ";
  append_without_controls(out, value);
  out += "\r\n";
}

// RFC 9110 §6.4.1: these end at the blank line, and a Content-Length would belie that.
bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

HttpResponse json_response(int status, std::string_view json) {
  HttpResponse response;
  response.status = status;
  response.body = json;
  return response;
}

HttpResponse error_response(int status, const Error& error) {
  return json_response(status, error_body(error));
}

std::string encode_response(const HttpResponse& response, bool keep_alive) {
  std::string out;
  out.reserve(256 + response.body.size());
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  append_without_controls(
      out, response.reason.empty() ? usual_phrase(response.status) : response.reason);
  out += "\r\n";
  if (!response.body.empty()) append_header(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  const bool body = !has_no_body(response.status);
  if (body) append_header(out, "Content-Length", std::to_string(response.body.size()));
  append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  if (body) out += response.body;
  return out;
}

std::string encode_event_stream_head(bool chunked, bool keep_alive) {
  std::string out =
      "HTTP/1.1 200 OK\r\n"
      "Content-Type: text/event-stream\r\n"
      "Cache-Control: no-cache, no-transform\r\n"
      "X-Accel-Buffering: no\r\n";
  if (chunked) out += "Transfer-Encoding: chunked\r\n";
  out += chunked && keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

}  // namespace patchbay

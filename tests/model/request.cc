// SPDX-License-Identifier: MIT
#include "request.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

namespace model {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Request read_head(const std::string& head) {
  Request request;
  std::istringstream lines(head);
  lines >> request.method >> request.path;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    request.headers[lower(line.substr(0, colon))] =
        value == std::string::npos ? "" : line.substr(value);
  }
  return request;
}

}  // namespace

std::optional<Request> take_request(std::string& bytes, bool& broken) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  Request request = read_head(bytes.substr(0, end));
  std::size_t length = 0;
  if (const auto found = request.headers.find("content-length"); found != request.headers.end()) {
    const std::string& text = found->second;
    broken = std::from_chars(text.data(), text.data() + text.size(), length).ec != std::errc();
  }
  broken = broken || request.path.empty() || request.headers.contains("transfer-encoding");
  if (broken || bytes.size() - end - 4 < length) return std::nullopt;
  request.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return request;
}

std::string answer(int status, const std::string& body, const std::string& further_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Scripted\r\nContent-Type: application/json\r\n" +
         further_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace model

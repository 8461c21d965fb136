// SPDX-License-Identifier: MIT
#include "support/line.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "support/line_tls.h"
#include "support/wait.h"

namespace patchbay::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Json event_of(const std::string& block) {
  if (!block.starts_with("data: ") || block.find('\n') != std::string::npos)
    throw std::runtime_error("not one data line: " + block);
  return Json::parse(block.substr(6));
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::vector<Json> Answer::events() const {
  std::vector<Json> all;
  std::size_t from = 0;
  for (std::size_t to = 0; (to = body.find("\n\n", from)) != std::string::npos; from = to + 2) {
    all.push_back(event_of(body.substr(from, to - from)));
  }
  if (from != body.size())
    throw std::runtime_error("an event without its end: " + body.substr(from));
  return all;
}

std::string Answer::spoken() const {
  std::string text;
  for (const Json& event : events()) {
    if (event["type"] == "response.tts") text += event["content"].get<std::string>();
  }
  return text;
}

std::size_t Answer::ends() const {
  std::size_t count = 0;
  for (const Json& event : events()) count += event["type"] == "response.end" ? 1 : 0;
  return count;
}

Line::Line(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect to the host");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (is_over_tls()) begin_tls();
}

Line Line::by_tls(std::uint16_t port) {
  Line line(port);
  if (!line.tls_) line.begin_tls();
  return line;
}

void Line::begin_tls() {
  // A record may be cut off in the middle, where no poll() tells.
  const timeval longest{std::chrono::seconds(patience).count(), 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  tls_ = std::make_unique<LineTls>(fd_);
}

std::string Line::certificate() const {
  return tls_ ? tls_->certificate() : "";
}

Line::Line(Connected, int fd) : fd_(fd) {}

Line Line::to_unix_socket(const std::string& path) {
  Line line(Connected{}, ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  if (::connect(line.fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect to " + path);
  return line;
}

Line::~Line() {
  close();
}

Line::Line(Line&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      tls_(std::move(other.tls_)),
      unread_(std::move(other.unread_)),
      chunked_(other.chunked_),
      events_(std::move(other.events_)) {}

void Line::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent =
        tls_ ? tls_->send(bytes) : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the host closed: what it said before is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Line::read_more() {
  pollfd ready{fd_, POLLIN, 0};
  const bool is_here = tls_ && tls_->has_some();
  if (!is_here &&
      ::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) <= 0)
    throw std::runtime_error("the host says nothing");
  char piece[16 * 1024];
  const ssize_t got =
      tls_ ? tls_->receive(piece, sizeof piece) : ::recv(fd_, piece, sizeof piece, 0);
  if (got <= 0) return false;
  unread_.append(piece, static_cast<std::size_t>(got));
  return true;
}

bool Line::read_until(std::string_view mark, std::string& out) {
  std::size_t at = 0;
  while ((at = unread_.find(mark)) == std::string::npos) {
    if (!read_more()) return false;
  }
  out = unread_.substr(0, at);
  unread_.erase(0, at + mark.size());
  return true;
}

bool Line::read_bytes(std::size_t count, std::string& out) {
  while (unread_.size() < count) {
    if (!read_more()) return false;
  }
  out.append(unread_, 0, count);
  unread_.erase(0, count);
  return true;
}

std::optional<std::size_t> Line::read_chunk(std::string& out) {
  std::string size;
  std::string end;
  if (!read_until("\r\n", size)) return std::nullopt;
  const std::size_t count = std::stoul(size, nullptr, 16);
  if (!read_bytes(count, out) || !read_bytes(2, end) || end != "\r\n") return std::nullopt;
  return count;
}

Answer Line::read_head() {
  Answer answer;
  std::string head;
  if (!read_until("\r\n\r\n", head)) return answer;
  head += "\r\n";
  std::size_t from = head.find("\r\n") + 2;
  answer.status = std::stoi(head.substr(9, 3));
  answer.reason = head.substr(13, from - 15);
  for (std::size_t to = 0; (to = head.find("\r\n", from)) != std::string::npos; from = to + 2) {
    const std::string field = head.substr(from, to - from);
    const std::size_t colon = field.find(": ");
    answer.headers.emplace(lower(field.substr(0, colon)),
                           colon == std::string::npos ? "" : field.substr(colon + 2));
  }
  chunked_ = answer.header("transfer-encoding") == "chunked";
  events_.clear();
  return answer;
}

Answer Line::read_answer(bool head_only) {
  Answer answer = read_head();
  if (answer.status == 100) return read_answer(head_only);
  if (answer.status == 0 || head_only || answer.status == 204) {
    answer.whole = answer.status != 0;
  } else if (chunked_) {
    std::optional<std::size_t> got = 1;
    while (got && *got > 0) got = read_chunk(answer.body);
    answer.whole = got.has_value();
  } else if (!answer.header("content-length").empty()) {
    answer.whole = read_bytes(std::stoul(answer.header("content-length")), answer.body);
  } else {
    while (read_more()) continue;
    answer.body = std::exchange(unread_, {});
    answer.whole = true;
  }
  return answer;
}

std::optional<Json> Line::next_event() {
  std::size_t end = 0;
  while ((end = events_.find("\n\n")) == std::string::npos) {
    if (chunked_) {
      if (read_chunk(events_).value_or(0) == 0) return std::nullopt;
    } else {
      if (!read_more()) return std::nullopt;
      events_ += std::exchange(unread_, {});
    }
  }
  const Json event = event_of(events_.substr(0, end));
  events_.erase(0, end + 2);
  return event;
}

bool Line::is_closed() {
  try {
    while (read_more()) continue;
  } catch (const std::runtime_error&) {
    return false;
  }
  return true;
}

void Line::close() {
  if (fd_ >= 0 && tls_) tls_->say_farewell();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Line::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  tls_.reset();
  close();
}

}  // namespace patchbay::test

// SPDX-License-Identifier: MIT
#include "codec/http_request.h"

#include <algorithm>
#include <array>

#include "codec/http_grammar.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_method = 7;  // OPTIONS
constexpr std::size_t version_bytes = 8;   // HTTP/1.1
constexpr std::size_t usual_headers = 12;  // a webhook through a proxy brings about ten

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  const auto same = [name](const auto& line) { return line.first == name; };
  const auto line = std::find_if(headers.begin(), headers.end(), same);
  return line == headers.end() ? std::string_view() : std::string_view(line->second);
}

std::size_t HttpRequest::count(std::string_view name) const {
  const auto same = [name](const auto& line) { return line.first == name; };
  return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), same));
}

HttpRequestReader::HttpRequestReader(const HttpLimits& limits, std::size_t room)
    : limits_(limits), first_room_(room), head_left_(limits.head), room_(room) {}

std::size_t HttpRequestReader::feed(std::string_view bytes) {
  std::size_t eaten = 0;
  while (eaten < bytes.size() && state_ != State::complete && state_ != State::refused &&
         !wants_room_) {
    const std::string_view rest = bytes.substr(eaten);
    if (state_ == State::body) {
      eaten += read_body(rest);
    } else if (head_left_ == 0) {
      refuse(HttpFault::head_too_large);
      ++eaten;
    } else {
      const std::size_t piece = read_head(rest.substr(0, head_left_));
      eaten += piece;
      head_left_ -= piece;
    }
  }
  return eaten;
}

bool HttpRequestReader::wants_continue() const {
  return state_ == State::body && marks_.expects_continue;
}

HttpRequest HttpRequestReader::take() {
  HttpRequest taken = std::move(request_);
  reset();
  return taken;
}

void HttpRequestReader::reset() {
  // Taken out, because a string that is assigned an empty one keeps its memory.
  const HttpRequest old = std::move(request_);
  request_ = HttpRequest{};
  head_left_ = limits_.head;
  body_left_ = 0;
  room_ = first_room_;
  wants_room_ = false;
  chunks_ = ChunkReader{};
  state_ = State::idle;
  phase_ = Phase::start;
  marks_ = Marks{};
  version_bytes_ = 0;
  seen_ = 0;
}

void HttpRequestReader::refuse(HttpFault fault) {
  reset();
  state_ = State::refused;
  fault_ = fault;
}

std::size_t HttpRequestReader::read_head(std::string_view bytes) {
  switch (phase_) {
    case Phase::start:
      return read_start(bytes.front());
    case Phase::method:
      return read_method(bytes);
    case Phase::target:
      return read_target(bytes);
    case Phase::version:
      return read_version(bytes.front());
    case Phase::line:
      return read_line(bytes.front());
    case Phase::name:
      return read_name(bytes);
    case Phase::value:
      return read_value(bytes);
    case Phase::blanks: {
      const std::size_t run = blanks.run(bytes);
      if (run < bytes.size()) phase_ = Phase::value;
      return run;
    }
    case Phase::start_lf:
    case Phase::version_lf:
    case Phase::value_lf:
    case Phase::end_lf:
      break;
  }
  return read_lf(bytes.front());
}

std::size_t HttpRequestReader::read_start(char c) {
  // RFC 9112 2.2: old clients end a POST with a CR LF that its length does not count. One, so that
  // nobody keeps a connection busy with empty lines.
  if (c == '\r') {
    if (marks_.blank_line) {
      refuse(HttpFault::blank_lines);
    } else {
      phase_ = Phase::start_lf;
    }
    return 1;
  }
  state_ = State::head;
  phase_ = Phase::method;
  return 0;
}

std::size_t HttpRequestReader::read_method(std::string_view bytes) {
  const std::size_t room = longest_method - request_.method.size();
  const std::size_t run = token_bytes.run(bytes.substr(0, room + 1));
  if (run > room) {
    refuse(HttpFault::unknown_method);
    return run;
  }
  request_.method.append(bytes.substr(0, run));
  if (run == bytes.size()) return run;
  const char c = bytes[run];
  if (c == '\n') {
    refuse(HttpFault::bare_line_feed);
  } else if (c != ' ' || request_.method.empty()) {
    refuse(HttpFault::bad_method);
  } else if (!is_known_method(request_.method)) {
    refuse(HttpFault::unknown_method);
  } else {
    phase_ = Phase::target;
  }
  return run + 1;
}

// Only the origin form (RFC 9112 3.2.1): Patchbay is no proxy, and an absolute form names a second
// host that would have to agree with the first.
std::size_t HttpRequestReader::read_target(std::string_view bytes) {
  if (request_.path.empty() && bytes.front() != '/') {
    refuse(bytes.front() == '\n' ? HttpFault::bare_line_feed : HttpFault::bad_target);
    return 1;
  }
  const std::size_t room = limits_.target - std::min(limits_.target, request_.path.size());
  const std::size_t run = target_bytes.run(bytes.substr(0, std::min(bytes.size(), room) + 1));
  if (run > room) {
    refuse(HttpFault::target_too_long);
    return run;
  }
  request_.path.append(bytes.substr(0, run));
  if (run == bytes.size()) return run;
  switch (bytes[run]) {
    case ' ':
      end_target();
      break;
    case '\r':
      refuse(HttpFault::missing_version);
      break;
    case '\n':
      refuse(HttpFault::bare_line_feed);
      break;
    default:
      refuse(HttpFault::bad_target_character);
  }
  return run + 1;
}

void HttpRequestReader::end_target() {
  if (!has_good_percents(request_.path)) {
    refuse(HttpFault::bad_percent_encoding);
    return;
  }
  const std::size_t mark = request_.path.find('?');
  if (mark != std::string::npos) {
    request_.query = request_.path.substr(mark + 1);
    request_.path.resize(mark);
  }
  phase_ = Phase::version;
}

// RFC 9112 2.3: "HTTP/" digit "." digit, in capitals.
std::size_t HttpRequestReader::read_version(char c) {
  constexpr std::string_view shape = "HTTP/0.0";
  const std::size_t at = version_bytes_++;
  const bool number = at < version_bytes && shape[at] == '0';
  const bool good = at == version_bytes ? c == '\r' : number ? digits.has(c) : c == shape[at];
  if (!good) {
    refuse(c == '\n' ? HttpFault::bare_line_feed : HttpFault::bad_version);
  } else if (at == version_bytes) {
    phase_ = Phase::version_lf;
  } else if (number && at < version_bytes - 1) {
    marks_.other_major = c != '1';
  } else if (number) {
    if (marks_.other_major || c > '1') refuse(HttpFault::unknown_version);
    request_.minor = c - '0';
  }
  return 1;
}

std::size_t HttpRequestReader::read_lf(char c) {
  if (c != '\n') {
    refuse(HttpFault::bare_carriage_return);
  } else if (phase_ == Phase::start_lf) {
    marks_.blank_line = true;
    phase_ = Phase::start;
  } else if (phase_ == Phase::version_lf) {
    phase_ = Phase::line;
  } else if (phase_ == Phase::value_lf) {
    end_line();
  } else {
    end_head();
  }
  return 1;
}

std::size_t HttpRequestReader::read_line(char c) {
  if (c == '\r') {
    phase_ = Phase::end_lf;
    return 1;
  }
  if (blanks.has(c)) {
    refuse(HttpFault::folded_header);
    return 1;
  }
  if (request_.headers.size() >= limits_.header_lines) {
    refuse(HttpFault::too_many_headers);
    return 1;
  }
  if (request_.headers.empty()) request_.headers.reserve(usual_headers);
  request_.headers.emplace_back();
  phase_ = Phase::name;
  return 0;
}

std::size_t HttpRequestReader::read_name(std::string_view bytes) {
  std::string& name = request_.headers.back().first;
  const std::size_t run = token_bytes.run(bytes);
  const std::size_t had = name.size();
  name.append(bytes.substr(0, run));
  std::transform(name.begin() + static_cast<std::ptrdiff_t>(had), name.end(),
                 name.begin() + static_cast<std::ptrdiff_t>(had), lower);
  if (run == bytes.size()) return run;
  const char c = bytes[run];
  if (c == ':' && !name.empty()) {
    phase_ = Phase::blanks;
  } else {
    refuse(c == ':'        ? HttpFault::nameless_header
           : blanks.has(c) ? HttpFault::space_before_colon
           : c == '\r'     ? HttpFault::header_without_colon
           : c == '\n'     ? HttpFault::bare_line_feed
                           : HttpFault::bad_header_name);
  }
  return run + 1;
}

std::size_t HttpRequestReader::read_value(std::string_view bytes) {
  const std::size_t run = value_bytes.run(bytes);
  request_.headers.back().second.append(bytes.substr(0, run));
  if (run == bytes.size()) return run;
  if (bytes[run] == '\r') {
    phase_ = Phase::value_lf;
  } else {
    refuse(bytes[run] == '\n' ? HttpFault::bare_line_feed : HttpFault::bad_header_value);
  }
  return run + 1;
}

void HttpRequestReader::end_line() {
  struct Rule {
    std::string_view name;
    HttpFault twice;
    HttpFault (HttpRequestReader::*check)(std::string_view value);
  };
  using Reader = HttpRequestReader;
  static constexpr std::array<Rule, 9> rules{{
      {"host", HttpFault::two_hosts, &Reader::take_host},
      {"content-length", HttpFault::two_content_lengths, &Reader::take_content_length},
      {"transfer-encoding", HttpFault::two_transfer_encodings, &Reader::take_transfer_encoding},
      {"content-encoding", HttpFault::duplicate_header, &Reader::take_content_encoding},
      {"expect", HttpFault::duplicate_header, &Reader::take_expect},
      {"range", HttpFault::range_refused, &Reader::take_range},
      {"content-type", HttpFault::duplicate_header, nullptr},
      {"authorization", HttpFault::duplicate_header, nullptr},
      {"origin", HttpFault::duplicate_header, nullptr},
  }};
  static_assert(rules.size() <= 8 * sizeof(seen_));
  auto& [name, value] = request_.headers.back();
  value.resize(trimmed(value).size());  // leading blanks never get this far
  phase_ = Phase::line;
  if (name == "connection") take_connection(value);
  const auto same = [&name = name](const Rule& rule) { return rule.name == name; };
  const auto* const rule = std::find_if(rules.begin(), rules.end(), same);
  if (rule == rules.end()) return;
  const auto bit = static_cast<std::uint16_t>(1U << (rule - rules.begin()));
  const bool again = (seen_ & bit) != 0;
  seen_ = static_cast<std::uint16_t>(seen_ | bit);
  const HttpFault fault = again         ? rule->twice
                          : rule->check ? (this->*rule->check)(value)
                                        : HttpFault::none;
  if (fault != HttpFault::none) refuse(fault);
}

HttpFault HttpRequestReader::take_host(std::string_view value) {
  return check_host(value);
}

HttpFault HttpRequestReader::take_content_length(std::string_view value) {
  if (marks_.chunked) return HttpFault::length_and_chunked;
  marks_.has_length = true;
  return check_content_length(value, limits_.body, body_left_);
}

// RFC 9112 6.1 would let us drop the length and go on. A request that says both was made by an
// attacker or by something broken; neither deserves a guess.
HttpFault HttpRequestReader::take_transfer_encoding(std::string_view value) {
  if (marks_.has_length) return HttpFault::length_and_chunked;
  if (request_.minor == 0) return HttpFault::chunked_in_http_1_0;
  marks_.chunked = true;
  return check_transfer_encoding(value);
}

HttpFault HttpRequestReader::take_content_encoding(std::string_view value) {
  return is_word(value, "identity") ? HttpFault::none : HttpFault::content_encoding_refused;
}

HttpFault HttpRequestReader::take_expect(std::string_view value) {
  if (!is_word(value, "100-continue")) return HttpFault::unknown_expectation;
  marks_.expects_continue = request_.minor > 0;  // RFC 9110 10.1.1: ignored in HTTP/1.0
  return HttpFault::none;
}

// Nothing here has ranges, and cpp-httplib 0.11.4 overruns a small stack on a long one.
HttpFault HttpRequestReader::take_range(std::string_view) {
  return HttpFault::range_refused;
}

void HttpRequestReader::take_connection(std::string_view value) {
  marks_.says_close = marks_.says_close || has_word(value, "close");
  marks_.says_keep_alive = marks_.says_keep_alive || has_word(value, "keep-alive");
}

void HttpRequestReader::end_head() {
  const std::string& method = request_.method;
  const bool bodiless = method == "GET" || method == "HEAD" || method == "OPTIONS";
  if (request_.minor > 0 && request_.count("host") == 0) {
    refuse(HttpFault::missing_host);
  } else if (bodiless && (marks_.chunked || body_left_ > 0)) {
    refuse(HttpFault::unexpected_body);
  } else {
    request_.keep_alive = !marks_.says_close && (request_.minor > 0 || marks_.says_keep_alive);
    // RFC 9112 6.3: without either header the body is empty, also of a POST.
    state_ = marks_.chunked || body_left_ > 0 ? State::body : State::complete;
    wants_room_ = state_ == State::body && first_room_ != any_room &&
                  (body_left_ > room_ || marks_.expects_continue);
  }
}

// Twice what there is, so that the room grows with what has come and never with what was announced:
// at the head's end it does not grow at all.
std::size_t HttpRequestReader::next_room() const {
  const std::size_t size = request_.body.size();
  if (size < room_) return room_;
  return std::min(2 * room_, marks_.chunked ? limits_.body : size + body_left_);
}

void HttpRequestReader::give_room() {
  const std::size_t room = next_room();
  if (room > room_) {
    // A new one has the memory that was asked for; one that grows takes more.
    std::string body;
    body.reserve(room);
    body.append(request_.body);
    request_.body.swap(body);
  }
  // At the limit there is nothing left to ask for: ChunkReader sees to it.
  room_ = room >= limits_.body ? any_room : room;
  wants_room_ = false;
}

// The body grows as its bytes come, whatever length was announced.
std::size_t HttpRequestReader::read_body(std::string_view bytes) {
  marks_.expects_continue = false;
  const std::size_t room = room_ - request_.body.size();
  if (marks_.chunked) {
    // Never more bytes than there is room for, whatever part of them is marks of chunks.
    const std::size_t eaten = chunks_.feed(bytes.substr(0, room), limits_.body, request_.body);
    if (chunks_.fault() != HttpFault::none) {
      refuse(chunks_.fault());
    } else if (chunks_.done()) {
      state_ = State::complete;
    } else {
      wants_room_ = request_.body.size() == room_;
    }
    return eaten;
  }
  const std::size_t run = std::min({body_left_, bytes.size(), room});
  request_.body.append(bytes.substr(0, run));
  body_left_ -= run;
  if (body_left_ == 0) state_ = State::complete;
  wants_room_ = body_left_ > 0 && request_.body.size() == room_;
  return run;
}

}  // namespace patchbay

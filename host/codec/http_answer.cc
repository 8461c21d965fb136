// SPDX-License-Identifier: MIT
#include "codec/http_answer.h"

#include <algorithm>
#include <limits>

#include "codec/http_grammar.h"

namespace patchbay {
namespace {

constexpr std::size_t largest_head = 64 * 1024;          // bytes
constexpr std::size_t largest_chunk = 64 * 1024 * 1024;  // bytes, announced for one chunk
constexpr std::size_t any_length = std::numeric_limits<std::size_t>::max() / 16;

Error malformed(std::string message) {
  return {"answer_malformed", std::move(message), "is there an HTTP server at that address?"};
}

// "HTTP/1.1 200 OK"; the reason may be missing, with or without its space.
bool read_status_line(std::string_view line, HttpAnswerHead& head) {
  if (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) return false;
  line.remove_prefix(9);
  if (line.size() < 3 || digits.run(line.substr(0, 3)) != 3) return false;
  head.status = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  line.remove_prefix(3);
  if (!line.empty() && line.front() != ' ') return false;
  head.reason = trimmed(line);
  return head.status >= 100;
}

bool read_header_line(std::string_view line, HttpAnswerHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !token_bytes.spells(line.substr(0, colon))) return false;
  head.headers.emplace_back(lowered(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return true;
}

// Past the blank line that ends the head, which may be LF or CRLF; 0 where it has not come.
std::size_t end_of_head(std::string_view raw) {
  const std::size_t crlf = raw.find("\n\r\n");
  const std::size_t lf = raw.find("\n\n");
  if (crlf == std::string_view::npos && lf == std::string_view::npos) return 0;
  return crlf < lf ? crlf + 3 : lf + 2;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string_view HttpAnswerHead::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return {};
}

Problem HttpAnswerReader::feed(std::string_view bytes, std::string& body) {
  if (done()) return std::nullopt;
  if (has_head()) return read_body(bytes, body);
  raw_head_ += bytes;
  while (!has_head()) {
    const std::size_t end = end_of_head(raw_head_);
    if (end == 0) {
      if (raw_head_.size() <= largest_head) return std::nullopt;
      return malformed("the head of the answer is longer than 64 KiB");
    }
    const std::string rest = raw_head_.substr(end);
    raw_head_.resize(end);
    if (Problem wrong = read_head()) return wrong;
    raw_head_ = rest;
  }
  return read_body(std::exchange(raw_head_, {}), body);
}

Problem HttpAnswerReader::read_head() {
  head_ = {};
  std::string_view text = raw_head_;
  if (!read_status_line(take_line(text), head_)) {
    return malformed("the answer does not begin as HTTP does");
  }
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    if (!read_header_line(line, head_)) return malformed("a header of the answer is malformed");
  }
  if (head_.status == 101) return malformed("the server wants to switch the protocol");
  return head_.status < 200 ? std::nullopt : choose_framing();
}

Problem HttpAnswerReader::choose_framing() {
  if (const std::string_view coding = head_.header("content-encoding");
      !coding.empty() && !is_word(coding, "identity") && !is_word(coding, "none")) {
    return Error{"answer_unsupported", "the answer is compressed, though nobody asked for it", ""};
  }
  const std::string_view transfer = head_.header("transfer-encoding");
  const std::string_view length = head_.header("content-length");
  if (head_.status == 204 || head_.status == 304) {
    framing_ = Framing::none;
  } else if (!transfer.empty()) {
    if (!is_word(transfer, "chunked")) {
      return Error{"answer_unsupported", "the answer has a transfer coding other than chunked", ""};
    }
    framing_ = Framing::chunks;
  } else if (!length.empty()) {
    if (check_content_length(length, any_length, left_) != HttpFault::none) {
      return malformed("the Content-Length of the answer is no number");
    }
    framing_ = left_ == 0 ? Framing::none : Framing::length;
  } else {
    framing_ = Framing::until_close;
  }
  return std::nullopt;
}

Problem HttpAnswerReader::read_body(std::string_view bytes, std::string& body) {
  if (framing_ == Framing::until_close) {
    body += bytes;
  } else if (framing_ == Framing::length) {
    const std::string_view part = bytes.substr(0, left_);
    body += part;
    left_ -= part.size();
    if (left_ == 0) framing_ = Framing::none;
  } else if (framing_ == Framing::chunks) {
    // An own string: the reader's limit is for what one call may append.
    std::string part;
    chunks_.feed(bytes, largest_chunk, part);
    body += part;
    if (chunks_.fault() != HttpFault::none) return malformed("the chunks of the answer are broken");
    if (chunks_.done()) framing_ = Framing::none;
  }
  return std::nullopt;
}

Problem HttpAnswerReader::finish() {
  if (framing_ == Framing::until_close) framing_ = Framing::none;
  if (done()) return std::nullopt;
  return Error{"answer_cut",
               has_head() ? "the server closed the connection in the middle of its answer"
                          : "the server closed the connection without an answer",
               ""};
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "machine/http_client.h"

#include <fmt/format.h>

#include "machine/live_post.h"

namespace patchbay {
namespace {

constexpr std::size_t largest_answer = 1024 * 1024;  // bytes

Error no_answer(const Url& url, Milliseconds timeout, const Error& why) {
  const std::string reason =
      why.code == "interrupted" ? fmt::format("not within {} ms", timeout.count()) : why.message;
  return {"upstream_unreachable", fmt::format("{} does not answer: {}", url.authority(), reason),
          why.hint.empty() ? "check the address and the network" : why.hint};
}

}  // namespace

Result<HttpResponse> post(const Post& request) {
  Result<Url> url = parse_url(request.url);
  if (!url) return std::move(url).error();
  LivePost outgoing;
  outgoing.url = *std::move(url);
  outgoing.headers = request.headers;
  outgoing.headers.emplace_back("Accept", "*/*");
  outgoing.headers.emplace_back("User-Agent", "patchbay/" PATCHBAY_VERSION);
  outgoing.body = request.body;
  outgoing.connect_timeout = request.timeout;
  outgoing.patience = request.timeout;

  HttpResponse answer;
  bool too_large = false;
  const auto collect = [&](const HttpAnswerHead&, std::string_view piece) {
    too_large = too_large || answer.body.size() + piece.size() > largest_answer;
    if (!too_large) answer.body.append(piece);
    return too_large ? Milliseconds{0} : request.timeout;
  };
  // One alarm for the whole of it: whoever sends a byte now and then is silent to no single wait.
  const Interrupt late;
  late.raise_in(request.timeout);
  const Result<HttpAnswerHead> head = post_live(outgoing, collect, late);
  if (too_large) {
    return Error{
        "upstream_too_large",
        fmt::format("{} answered more than {} bytes", outgoing.url.authority(), largest_answer),
        ""};
  }
  if (!head) return no_answer(outgoing.url, request.timeout, head.error());
  answer.status = head->status;
  answer.reason = head->reason;
  answer.content_type = head->header("content-type");
  return answer;
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "cli/ask.h"

#include <algorithm>
#include <vector>

#include "codec/http_grammar.h"
#include "codec/refused_event.h"
#include "codec/sse_reader.h"
#include "machine/live_post.h"

namespace patchbay {
namespace {

constexpr std::size_t largest_body = 1024 * 1024;  // bytes that are kept of what is no stream
// response.end is the last word; a server that does not close then is not waited for.
constexpr Milliseconds patience_after_end{1'000};

LivePost signed_post(const Line& line, const Asked& asked) {
  LivePost post;
  post.url = line.url;
  post.trust = line.trust;
  post.body = asked.body;
  post.patience = line.patience;
  post.headers = {{"User-Agent", "patchbay/" PATCHBAY_VERSION},
                  {"Accept", "*/*"},
                  {"Content-Type", "application/json"},
                  {"layercode-signature", sign(asked.body, line.secret, unix_now())}};
  return post;
}

void keep(std::string& body, std::string_view piece) {
  body += piece.substr(0, largest_body - std::min(largest_body, body.size()));
}

bool is_event_stream(const HttpAnswerHead& head) {
  const std::string_view type = head.header("content-type");
  return is_word(trimmed(type.substr(0, type.find(';'))), "text/event-stream");
}

// What only this side knows about an Error.
Error with_hint(const Line& line, Error error) {
  if (error.code == "http_401") {
    error.hint = "it was signed with the secret of " + line.secret_from + "; " + error.hint;
  }
  if (error.code == "connection_refused") {
    error.hint = "is the host running? start it with: patchbay serve --dev";
  }
  if (error.code == "timed_out" && error.hint.empty()) error.hint = "to wait longer: --patience 2m";
  return error;
}

// One turn, while it is heard.
class Turn {
 public:
  Turn(const Line& line, const Asked& asked, ReplyListener& listener, const Interrupt& interrupt,
       std::optional<Milliseconds> barge_in_after)
      : line_(line),
        asked_(asked),
        listener_(listener),
        interrupt_(interrupt),
        barge_in_after_(barge_in_after),
        rules_(asked.turn_id) {}

  Heard run();

 private:
  Milliseconds take(const HttpAnswerHead& head, std::string_view piece);
  void take_event(std::string_view data);
  void listen(const ReplyEvent& event);
  void listen_word_by_word(ReplyEvent event);
  void finish(const Result<HttpAnswerHead>& head);
  void judge_whole(const HttpAnswerHead& head);
  void blame(const Error& error, Ending ending);
  [[nodiscard]] Microseconds since_asked() const {
    return std::chrono::duration_cast<Microseconds>(Clock::now() - asked_at_);
  }

  const Line& line_;
  const Asked& asked_;
  ReplyListener& listener_;
  const Interrupt& interrupt_;
  const std::optional<Milliseconds> barge_in_after_;
  const Moment asked_at_ = Clock::now();

  SseReader reader_;
  ReplyRules rules_;
  std::string body_;  // where it is no stream
  Heard heard_;
  bool answered_ = false;
  bool stream_broken_ = false;
  bool cut_ = false;  // the caller speaks into a word; the rest is not heard, though it is here
};

Heard Turn::run() {
  heard_.ending = Ending::ended;
  const Result<HttpAnswerHead> head = post_live(
      signed_post(line_, asked_),
      [this](const HttpAnswerHead& answer, std::string_view piece) { return take(answer, piece); },
      interrupt_);
  finish(head);
  heard_.total = since_asked();
  return std::move(heard_);
}

Milliseconds Turn::take(const HttpAnswerHead& head, std::string_view piece) {
  answered_ = true;
  if (head.status != 200 || !is_event_stream(head)) {
    keep(body_, piece);
    return line_.patience;
  }
  if (stream_broken_) return Milliseconds{0};
  std::vector<std::string> events;
  const Problem broken = reader_.feed(piece, events);
  for (const std::string& data : events) {
    take_event(data);
    if (cut_) return Milliseconds{0};
  }
  if (broken) {
    stream_broken_ = true;
    blame(*broken, Ending::failed);
    return Milliseconds{0};
  }
  return rules_.ended() ? patience_after_end : line_.patience;
}

void Turn::take_event(std::string_view data) {
  const Result<ReplyEvent> event = decode_reply_event(data);
  if (!event) return blame(event.error(), Ending::failed);
  const bool late = rules_.ended();
  const Problem wrong = rules_.check(*event);
  const bool spoken = event->type == ReplyEventType::tts && line_.per_word.count() > 0;
  if (!late && spoken) {
    listen_word_by_word(*event);
  } else if (!late) {
    listen(*event);
  }
  if (wrong) blame(*wrong, Ending::failed);
}

void Turn::listen(const ReplyEvent& event) {
  if (event.type == ReplyEventType::tts && !event.text.empty()) {
    heard_.text += event.text;
    if (!heard_.first_word) {
      heard_.first_word = since_asked();
      if (barge_in_after_) interrupt_.raise_in(*barge_in_after_);
    }
  }
  if (event.type == ReplyEventType::hangup) heard_.hung_up = true;
  listener_.hear(event, since_asked());
}

// What comes meanwhile waits, and so does the agent where it is too much.
void Turn::listen_word_by_word(ReplyEvent event) {
  const std::string all = std::move(event.text);
  for (std::size_t at = 0; at < all.size() && !cut_;) {
    const std::size_t end = std::min(all.find(' ', at), all.size() - 1) + 1;
    event.text = all.substr(at, end - at);
    listen(event);
    at = end;
    cut_ = wait_for(-1, 0, Clock::now() + line_.per_word, interrupt_) == Woken::interrupted;
  }
}

void Turn::finish(const Result<HttpAnswerHead>& head) {
  if (cut_) {
    heard_.interrupted = true;
    if (heard_.ending == Ending::ended) heard_.ending = Ending::interrupted;
    return;
  }
  if (head) return judge_whole(*head);
  const Error& error = head.error();
  if (stream_broken_) return;  // said already
  if (rules_.ended()) {
    // An interrupt after the last word interrupts nobody.
    if (error.code == "interrupted") return;
    return blame({"open_after_end", "after response.end the answer does not end: " + error.message,
                  "close the body after response.end"},
                 Ending::failed);
  }
  if (error.code == "interrupted") {
    heard_.interrupted = true;
    if (heard_.ending == Ending::ended) heard_.ending = Ending::interrupted;
  } else {
    blame(with_hint(line_, error), answered_ ? Ending::failed : Ending::refused);
  }
}

void Turn::judge_whole(const HttpAnswerHead& head) {
  if (head.status != 200)
    return blame(with_hint(line_, explain_refused_event(head, body_)), Ending::refused);
  if (!is_event_stream(head)) {
    return blame({"not_event_stream",
                  "the answer is " + std::string(head.header("content-type")) +
                      ", not text/event-stream: " + body_.substr(0, 80),
                  "a " + std::string(name_of(asked_.type)) + " with a turn_id wants a stream"},
                 Ending::failed);
  }
  if (const Problem wrong = rules_.finish()) blame(*wrong, Ending::failed);
}

void Turn::blame(const Error& error, Ending ending) {
  heard_.ending = ending;
  listener_.blame(error, since_asked());
}

}  // namespace

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::ended:
      return "ended";
    case Ending::interrupted:
      return "interrupted";
    case Ending::failed:
      return "failed";
    case Ending::refused:
      break;
  }
  return "refused";
}

Heard ask(const Line& line, const Asked& asked, ReplyListener& listener, const Interrupt& interrupt,
          std::optional<Milliseconds> barge_in_after) {
  return Turn(line, asked, listener, interrupt, barge_in_after).run();
}

Result<std::string> tell(const Line& line, const Asked& asked, const Interrupt& interrupt) {
  std::string body;
  const auto collect = [&](const HttpAnswerHead&, std::string_view piece) {
    keep(body, piece);
    return line.patience;
  };
  const auto head = post_live(signed_post(line, asked), collect, interrupt);
  if (!head) return with_hint(line, head.error());
  const bool good = head->status == 200 || head->status == 204;
  if (!good) return with_hint(line, explain_refused_event(*head, body));
  return body;
}

}  // namespace patchbay

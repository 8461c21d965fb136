// SPDX-License-Identifier: MIT
#include "flow/talks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "codec/event.h"
#include "codec/http_response.h"
#include "codec/percent.h"
#include "ground/text.h"
#include "state/talk.h"
#include "state/ticket.h"

namespace patchbay {
namespace {

constexpr std::string_view below = "/conversations/";
constexpr std::size_t usually_listed = 100, listed_at_most = 1000;
// What a turn has just said may still be on its way into the store.
constexpr Milliseconds catching_up{200};
constexpr Milliseconds forgetting{2'000};  // so long is waited for a store that is not down

Error unusable(const Error& why) {
  if (is_refusal(why)) return why;
  return {"store_down", "the store cannot be read: " + why.message,
          why.hint.empty() ? "see GET /store, and the log: the store is down" : why.hint};
}

Error full() {
  return {"store_down", "the store has not forgotten it: too much waits for it already",
          "ask again when it is up: GET /store"};
}

// eg: agent=bakery&most=20; nothing where it is not written so.
struct Wanted {
  std::string agent, from;
  std::size_t most = usually_listed;
};
std::optional<Wanted> wanted_in(std::string_view query) {
  Wanted wanted;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = field.substr(0, equals);
    const auto value = percent_decoded(field.substr(equals + 1));
    if (!value) return std::nullopt;
    if (name == "agent") {
      wanted.agent = *value;
    } else if (name == "from") {
      wanted.from = *value;
    } else if (name == "most") {
      const char* const end = value->data() + value->size();
      const auto [stop, wrong] = std::from_chars(value->data(), end, wanted.most);
      if (stop != end || wrong != std::errc() || wanted.most == 0) return std::nullopt;
      wanted.most = std::min(wanted.most, listed_at_most);
    } else {
      return std::nullopt;
    }
  }
  return wanted;
}

}  // namespace

struct Talks::Name {
  std::string agent, conversation;

  // Nothing where it is not AGENT/ID, both percent-encoded.
  static std::optional<Name> in(std::string_view path) {
    path.remove_prefix(below.size());
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos || path.find('/', slash + 1) != std::string_view::npos)
      return std::nullopt;
    auto agent = percent_decoded(path.substr(0, slash));
    auto conversation = percent_decoded(path.substr(slash + 1));
    if (!agent || !conversation || agent->empty() || conversation->empty()) return std::nullopt;
    return Name{*std::move(agent), *std::move(conversation)};
  }
  [[nodiscard]] std::string text() const { return conversation_name(agent, conversation); }
  static Error malformed() {
    return {"not_found", "there is nothing at this path",
            "/conversations/AGENT/ID, both percent-encoded"};
  }
};

std::vector<Endpoint> Talks::endpoints() {
  return {
      {"GET", "/conversations", [this](Exchange&& e) { list(std::move(e)); }},
      {"GET", "/conversations/*", [this](Exchange&& e) { show(std::move(e)); }},
      {"DELETE", "/conversations/*", [this](Exchange&& e) { forget(std::move(e)); }},
      {"GET", "/store", [this](Exchange&& e) { standing(e); }},
  };
}

void Talks::list(Exchange&& exchange) {
  auto wanted = wanted_in(exchange.request.query);
  if (!wanted) {
    return exchange.stream->answer(error_response(
        400, {"query_not_as_wanted", "the query is not as it should be",
              "agent=NAME, from=CURSOR of the page before, most=1 to 1000; all optional"}));
  }
  readers_.post([this, wanted = *std::move(wanted), stream = std::move(exchange.stream)] {
    const std::size_t unwritten = catch_up();
    const std::string prefix = wanted.agent.empty() ? "" : conversation_name(wanted.agent, "");
    const Result<Page> page = store_.list(prefix, wanted.from, wanted.most);
    archive_.tell(page ? Problem() : page.error());
    if (!page) return stream->answer(error_response(503, unusable(page.error())));
    TalkList told = talk_list_of(*page);
    told.unwritten = unwritten;
    stream->answer(json_response(200, encode_talk_list(told)));
  });
}

void Talks::show(Exchange&& exchange) {
  auto name = Name::in(exchange.request.path);
  if (!name) return exchange.stream->answer(error_response(404, Name::malformed()));
  readers_.post([this, name = *std::move(name), stream = std::move(exchange.stream)] {
    const std::size_t unwritten = catch_up();
    const Result<std::vector<Record>> records = load(name);
    if (!records) return stream->answer(error_response(503, unusable(records.error())));
    if (records->empty()) return stream->answer(error_response(404, unknown(name, unwritten)));
    Talk told = talk_of(name.agent, name.conversation, *records);
    told.unwritten = unwritten;
    stream->answer(json_response(200, encode_talk(told)));
  });
}

// Done also where nobody has heard of it: a turn that the store has not seen yet must not come to
// it afterwards.
void Talks::forget(Exchange&& exchange) {
  auto name = Name::in(exchange.request.path);
  if (!name) return exchange.stream->answer(error_response(404, Name::malformed()));
  readers_.post([this, name = *std::move(name), stream = std::move(exchange.stream)] {
    const std::size_t unwritten = catch_up();
    const Result<std::vector<Record>> records = load(name);
    if (!records || !records->empty() || unwritten > 0) return forget_now(name, *stream);
    strike(name, {});
    stream->answer(error_response(404, unknown(name, unwritten)));
  });
}

// How many Writes the store has not got, so that what is read from here may be behind. What a turn
// has just said is waited for, but no store that is down.
std::size_t Talks::catch_up() {
  if (!scribe_.standing().down_since && scribe_.flush(catching_up)) return 0;
  return scribe_.standing().waiting;
}

Result<std::vector<Record>> Talks::load(const Name& name) {
  Result<std::vector<Record>> records = store_.load(name.text());
  archive_.tell(records ? Problem() : records.error(), name.text());
  return records;
}

Error Talks::unknown(const Name& name, std::size_t unwritten) {
  Error error = unknown_talk(name.agent, name.conversation);
  if (unwritten > 0)
    error.hint = fmt::format("it may be in what waits for the store ({} writes)", unwritten);
  return error;
}

void Talks::strike(const Name& name, Scribe::Done done) {
  archive_.forget(name.text(), Clock::now(), std::move(done));
  if (forgotten_) forgotten_(name.text());
}

void Talks::forget_now(const Name& name, Stream& stream) {
  log_.info("admin",
            {{"wish", "forget"}, {"agent", name.agent}, {"conversation", name.conversation}});
  const auto ticket = std::make_shared<Ticket>();
  strike(name, [&log = log_, name, ticket](Scribe::Outcome outcome) {
    if (outcome == Scribe::Outcome::lost) {
      log.error("not forgotten", {{"agent", name.agent},
                                  {"conversation", name.conversation},
                                  {"why", "the store was down for too long"},
                                  {"next", "ask again when it is up"}});
    }
    ticket->say(outcome);
  });
  Scribe::Outcome outcome = ticket->wait();
  // A store that is down is not waited for: it forgets when it is back.
  if (outcome == Scribe::Outcome::late && !scribe_.standing().down_since)
    outcome = ticket->wait_for_end(forgetting);
  if (outcome == Scribe::Outcome::lost) return stream.answer(error_response(503, full()));
  const bool done = outcome == Scribe::Outcome::written;
  stream.answer(json_response(done ? 200 : 202, fmt::format(R"({{"forgotten":{}}})", done)));
}

void Talks::standing(const Exchange& exchange) const {
  const Scribe::Standing now = scribe_.standing();
  const auto text_of = [](const Problem& why) {
    return why ? json_string(why->text()) : std::string("null");
  };
  const auto milliseconds_since = [](const std::optional<Moment>& then) -> std::string {
    if (!then) return "null";
    return std::to_string(std::chrono::floor<Milliseconds>(Clock::now() - *then).count());
  };
  exchange.stream->answer(json_response(
      200,
      fmt::format(
          R"({{"up":{},"readable":{},"down_ms":{},"slow_ms":{},"waiting":{},"waiting_bytes":{},)"
          R"("unread":{},"unread_bytes":{},"written":{},"conflicts":{},"late":{},"lost":{},)"
          R"("last_error":{},"last_reading_error":{}}})",
          !now.down_since && archive_.is_readable(), archive_.is_readable(),
          milliseconds_since(now.down_since), milliseconds_since(now.slow_since), now.waiting,
          now.waiting_bytes, archive_.waiting(), archive_.waiting_bytes(), now.written,
          now.conflicts, now.late, now.lost, text_of(now.last_error),
          text_of(archive_.last_error()))));
}

}  // namespace patchbay

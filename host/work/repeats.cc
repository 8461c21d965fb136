// SPDX-License-Identifier: MIT
#include "work/repeats.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "codec/http_response.h"
#include "codec/sse.h"
#include "state/host_lines.h"
#include "work/ledger.h"

namespace patchbay {
namespace {

std::string fallback_of(const Reply& asked) {
  return fallback_for(asked.agent().config(), asked.facts().language);
}

}  // namespace

Problem Repeats::refusal() const {
  if (!refuses()) return std::nullopt;
  return Error{"delivered_twice", "this turn was delivered before",
               "duplicates in [webhook] says what happens then"};
}

bool Repeats::move(Reply& running, const Reply& asked, const std::shared_ptr<Stream>& stream) {
  if (refuses() || !running.move_to(stream)) return false;
  note(asked, "moved");
  if (running.is_cut())
    warn_incomplete(asked, "an answer was too long to be given again from its beginning");
  return true;
}

Problem Repeats::give(const Recorded& over, bool overtaken, const Reply& asked, Stream* stream) {
  note(asked, refuses() ? "refused" : "repeated");
  if (Problem refused = refusal()) return refused;
  if (stream == nullptr) return std::nullopt;
  if (over.kind == ReplyKind::answer) {
    stream->answer(json_response(over.status, over.whole ? over.json : "{}"));
    return std::nullopt;
  }
  const SseEncoder encoder(asked.facts().turn);
  std::string events = over.events(encoder);
  if (!over.whole) {
    warn_incomplete(asked, "an answer is not kept any more: the repeat gets only its end");
  } else if (over.outcome == Outcome::caller_gone && !overtaken) {
    // It stopped in the middle because nobody listened. Now somebody does: to say nothing more
    // would be silence, to run it again might book a second time.
    encoder.append_tts(events, (over.spoken ? " " : "") + fallback_of(asked));
  }
  encoder.append_end(events);
  stream->finish(events);
  return std::nullopt;
}

bool Repeats::give(const KnownTurns::Before& before, Reply& asked) {
  if (const Problem refused = refusal()) {
    if (!asked.refuse(error_response(409, *refused))) return false;
    note(asked, "refused");
    return true;
  }
  std::vector<Piece> pieces = pieces_of(before.turn);
  Outcome outcome = outcome_of(before.turn);
  if (outcome == Outcome::caller_gone) {
    // As above; and a further repeat, from memory, shall not get the line a second time.
    outcome = before.overtaken ? Outcome::interrupted : Outcome::failed;
    const std::string blank = before.turn.said.empty() ? "" : " ";
    if (!before.overtaken)
      pieces.push_back({.by_host = true, .content = blank + fallback_of(asked)});
  }
  const bool cut = before.turn.beside.cut;
  if (!asked.close_as(outcome, std::move(pieces))) return false;
  note(asked, "repeated");
  if (cut)
    warn_incomplete(asked, "an answer was too long for the history: its repeat is not whole");
  return true;
}

void Repeats::note(const Reply& asked, std::string_view how) {
  metrics_.count("patchbay_deliveries_repeated_total",
                 fmt::format(R"({},how="{}")", asked.agent().label(), how), 1);
  log_.info("delivered again", {{"agent", asked.agent().name()},
                                {"event", asked.facts().event},
                                {"conversation", asked.facts().conversation},
                                {"turn", asked.facts().turn.value_or("")},
                                {"how", how}});
}

void Repeats::warn_incomplete(const Reply& asked, std::string_view what) {
  log_.warn(what, {{"agent", asked.agent().name()},
                   {"conversation", asked.facts().conversation},
                   {"turn", asked.facts().turn.value_or("")}});
}

}  // namespace patchbay

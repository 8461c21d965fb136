// SPDX-License-Identifier: MIT
#include "work/ledger.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace patchbay {
namespace {

std::int64_t unix_ms(Moment when) {
  const auto ago = std::chrono::duration_cast<Milliseconds>(Clock::now() - when);
  return (wall_now() - ago).time_since_epoch().count();
}

struct Told {
  std::vector<SaidPiece> said;
  BesideWords beside;
};

Told told_in(const Reply& reply) {
  Told told;
  std::size_t bytes = 0;
  for (Piece& piece : reply.transcript()) {
    switch (piece.kind) {
      case Piece::Kind::said:
        bytes += piece.content.size();
        told.said.push_back({std::move(piece.content), unix_ms(piece.when), piece.by_host});
        break;
      case Piece::Kind::data:
        told.beside.shown.push_back({std::move(piece.content), unix_ms(piece.when), bytes});
        break;
      case Piece::Kind::hangup:
        told.beside.hung_up = true;
        break;
    }
  }
  told.beside.unheard_of = !reply.was_given();
  told.beside.cut = reply.is_cut();
  return told;
}

}  // namespace

TurnRecord opening_of(const Event& event, const Reply& reply) {
  TurnRecord opening;
  opening.type = event.type_name;
  opening.turn_id = event.turn_id.value_or("");
  opening.session_id = event.session_id;
  opening.agent_version = reply.agent().generation().manifest().version;
  opening.text = event.text;
  opening.begun_ms = unix_ms(reply.opened());
  return opening;
}

void enter_in_book(const Event& event, const Reply& reply) {
  if (reply.book() == nullptr) return;
  reply.book()->begin_turn(opening_of(event, reply), reply.number(), event.interruption);
}

bool note_in_book(const Reply& reply) {
  return reply.book()->note_said(reply.number(), told_in(reply).said);
}

void leave_book(const Reply& reply, Outcome outcome) {
  if (reply.book() == nullptr) return;
  if (reply.kind() == ReplyKind::stream) {
    Told told = told_in(reply);
    reply.book()->end_turn(reply.number(), std::move(told.said), name_of(outcome),
                           unix_ms(Clock::now()), std::move(told.beside));
  }
  if (reply.facts().event == name_of(EventType::session_end)) reply.book()->end_session();
}

// What was shown between two words parts them again, though the history has joined them.
std::vector<Piece> pieces_of(const TurnRecord& turn) {
  std::vector<Piece> pieces;
  auto shown = turn.beside.shown.begin();
  std::size_t before = 0;  // bytes said in the pieces so far
  const auto show_until = [&](std::size_t bytes) {
    for (; shown != turn.beside.shown.end() && shown->at <= bytes; ++shown)
      pieces.push_back({.kind = Piece::Kind::data, .by_host = false, .content = shown->json});
  };
  for (const SaidPiece& piece : turn.said) {
    std::string_view left = piece.text;
    show_until(before);
    while (shown != turn.beside.shown.end() && shown->at < before + left.size()) {
      const std::size_t part = shown->at - before;
      pieces.push_back({.kind = Piece::Kind::said,
                        .by_host = piece.by_host,
                        .content = std::string(left.substr(0, part))});
      left.remove_prefix(part);
      before += part;
      show_until(before);
    }
    pieces.push_back(
        {.kind = Piece::Kind::said, .by_host = piece.by_host, .content = std::string(left)});
    before += left.size();
  }
  show_until(SIZE_MAX);
  if (turn.beside.hung_up) pieces.push_back({.kind = Piece::Kind::hangup});
  return pieces;
}

Outcome outcome_of(const TurnRecord& turn) {
  for (std::size_t i = 0; i < outcomes; ++i) {
    if (turn.outcome == name_of(Outcome{static_cast<int>(i)})) return Outcome{static_cast<int>(i)};
  }
  return Outcome::failed;
}

}  // namespace patchbay

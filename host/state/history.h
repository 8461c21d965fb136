// SPDX-License-Identifier: MIT
// The turns of one conversation as they really were: what the caller said, what was sent to him,
// and, where he spoke into it, how much of that he heard. Pure: knows no store, no clock and no
// lock; whoever has one of these guards it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/event.h"
#include "codec/turn_record.h"

namespace patchbay {

// What an agent reads of it: what one of the two said until the other did.
struct HistoryLine {
  bool by_caller = false;    // else by the agent
  bool interrupted = false;  // cut off: what was heard of it or, where nobody told, what was sent
  bool has_host_words = false;
  bool is_current = false;  // what the turn that asks was asked
  std::string text;         // never empty
  std::string turn_id;
  std::int64_t unix_ms = 0;  // when the first of it was said

  bool operator==(const HistoryLine&) const = default;
};

class History {
 public:
  struct Limits {
    std::size_t turns = 200;
    std::size_t bytes = 256 * 1024;  // of text, in all of them; of one turn no more is kept either
    std::size_t shown =
        64 * 1024;  // the same of what was shown; the oldest lose it, not their words
    // Below `marks`. In a fleet the numbers of a host's turns bear its mark, so that what two hosts
    // enter while they cannot hear of each other has a number each. 0: they are counted by ones.
    std::uint64_t mark = 0;
  };
  static constexpr std::uint64_t marks = 65'536;
  // What a correction came to.
  enum class Corrected {
    as_heard,      // the turn now says what was heard of it
    cut_only,      // that it was cut is all that is known
    disagrees,     // what was heard is none of what was sent: believed, where it is not longer
    unknown_turn,  // no turn of that id, or none that said anything: nothing was changed
  };
  struct Correction {
    Corrected what = Corrected::unknown_turn;
    const TurnRecord* turn = nullptr;  // good until the next call that is not const
  };

  History();  // with the limits as they stand above
  explicit History(Limits limits) : limits_(limits) {}

  // Takes up what a store has kept, in any order. Turns that had not ended then stay so: their host
  // has died. Records that are there already are passed over.
  void restore(std::vector<TurnRecord> records);

  // These were read anew from the store, while turns went on: their replies still find them.
  void keep_replies(const History& before);

  // A turn begins: it takes its place before the agent runs, with nothing said. `opening.number` is
  // given here, and so returned in the record. `reply` finds it again (0: nobody will ask).
  const TurnRecord& begin(TurnRecord opening, std::uint64_t reply = 0);
  // The newest turn that is the same as this one: its event, its session, its id, and what was said
  // (decision 0012). Null where there is none, or where this one has no id. Good until the next
  // call that is not const.
  [[nodiscard]] const TurnRecord* same_as(const TurnRecord& opening) const;
  [[nodiscard]] bool is_newest(std::uint64_t number) const;
  // Does a reply of this process answer it, or has it?
  [[nodiscard]] bool is_ours(std::uint64_t number) const;
  // It begins again, in its place: nobody knows how far it came, or nobody ever began it.
  const TurnRecord& resume(std::uint64_t number, const TurnRecord& opening, std::uint64_t reply);
  // The number of the turn with that reply; 0 where it is not known, or not kept any more.
  [[nodiscard]] std::uint64_t number_of(std::uint64_t reply) const;

  // These return the record as it is now, to be written down; null where that turn is not kept any
  // more, or has ended before. `pieces`: all that was said in it until now. What is said within a
  // fifth of a second counts as one piece.
  const TurnRecord* said(std::uint64_t number, std::span<const SaidPiece> pieces);
  const TurnRecord* ended(std::uint64_t number, std::string_view outcome, std::int64_t unix_ms,
                          BesideWords beside = {});

  // The next message tells what was heard. Which turn it means: the one it names; where it names
  // none, the newest that could have said the words heard, or else the newest that was cut. A turn
  // that was complete is cut after all: the caller spoke while the rest was still to be heard.
  // What was sent is never made longer.
  Correction heard(const Interruption& interruption);

  // For the turn of that number (0: for one after all of them): caller and agent take turns. What
  // one of them said in several turns, with nothing from the other between, is one line. At most
  // `most` of them, with at most `bytes` of text in all, the newest; 0: no limit.
  [[nodiscard]] std::vector<HistoryLine> lines(std::uint64_t for_turn, std::size_t most,
                                               std::size_t bytes) const;

  // The oldest first. Never more than the limits allow, but always the newest turn.
  [[nodiscard]] std::vector<const TurnRecord*> turns() const;
  // Numbers of turns that went because of the limits since this was asked last.
  std::vector<std::uint64_t> take_dropped();
  // Numbers of turns that lost what was shown in them, the same.
  std::vector<std::uint64_t> take_emptied();
  // Null where it is not kept any more. Good until the next call that is not const.
  [[nodiscard]] const TurnRecord* turn(std::uint64_t number) const;

 private:
  struct Kept {
    TurnRecord record;
    std::uint64_t reply = 0;
    std::size_t bytes = 0;
    std::size_t shown = 0;  // bytes
  };
  void show(Kept& turn, BesideWords beside);
  [[nodiscard]] std::uint64_t number_after(std::uint64_t last) const;
  Kept* find(std::uint64_t number);
  [[nodiscard]] const Kept* kept(std::uint64_t number) const;
  TurnRecord* meant_by(const Interruption& interruption);
  void weigh(Kept& turn);
  void drop_oldest();

  Limits limits_;
  std::deque<Kept> turns_;  // by number, the lowest first
  std::size_t bytes_ = 0;   // of all turns_
  std::size_t shown_ = 0;   // the same
  std::uint64_t last_number_ = 0;
  std::vector<std::uint64_t> dropped_;
  std::vector<std::uint64_t> emptied_;
};

// All that was sent in a turn, and how much of it was heard, as far as that is known.
std::string sent_in(const TurnRecord& turn);
std::string heard_in(const TurnRecord& turn);
// Was it cut off, by the caller or with its host?
bool was_cut(const TurnRecord& turn);

}  // namespace patchbay

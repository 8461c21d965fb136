// SPDX-License-Identifier: MIT
// What one caller, his line and his pipeline are going to do in one conversation. Drawn from a
// seed: the same seed, the same schedule.
#pragma once
#include <string>
#include <vector>

namespace patchbay::test {

// A turn: the diary tells some words, one by one.
struct Step {
  enum class Way {
    whole,        // heard to its end
    cut,          // the connection closes after so many bytes
    talked_over,  // the next turn begins after so many events
  };
  // What a later message says of how much of it was heard.
  enum class Told { nothing, text, part_of_text, count, nonsense };

  std::string turn;  // its id
  int words = 0;
  int pause_ms = 0;  // before each
  Way way = Way::whole;
  int after = 0;              // bytes or events...
  bool after_a_word = false;  // ...but not before one word was heard
  bool with_reset = false;
  Told told = Told::nothing;
  bool told_late = false;          // not by the next message, but by the one after it
  int copies = 0;                  // how often it is delivered besides, at the same moment
  int again_after = 0;             // delivered once more after so many turns; 0: it is not
  bool breaks_off_before = false;  // a first attempt ends in the middle of the request
  bool data_beside = false;        // a data event comes while it runs
  bool new_session = false;        // the caller has reconnected
};

struct Schedule {
  unsigned seed = 0;
  std::string conversation;
  std::vector<Step> steps;
};

// `after_a_word`: in a fleet, two turns that come to two hosts in the same moment may be taken in
// either order; so nobody goes on before he has heard something.
Schedule draw_schedule(unsigned seed, bool after_a_word = false);

}  // namespace patchbay::test

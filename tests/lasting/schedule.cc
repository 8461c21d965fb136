// SPDX-License-Identifier: MIT
#include "lasting/schedule.h"

#include <array>
#include <random>

namespace patchbay::test {
namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  int between(int least, int most) {
    return least + static_cast<int>(random_() % static_cast<unsigned>(most - least + 1));
  }
  bool one_in(int many) { return between(1, many) == 1; }

 private:
  std::mt19937 random_;  // whose numbers are the same everywhere
};

Step draw_step(Dice& dice, int number) {
  constexpr std::array ways{Step::Way::whole, Step::Way::whole, Step::Way::cut,
                            Step::Way::talked_over};
  constexpr std::array told{Step::Told::nothing, Step::Told::text, Step::Told::part_of_text,
                            Step::Told::count, Step::Told::nonsense};
  Step step;
  step.turn = "turn_" + std::to_string(number);
  step.words = dice.between(1, 8);
  step.pause_ms = dice.between(0, 2);
  step.way = ways[static_cast<std::size_t>(dice.between(0, ways.size() - 1))];
  // A head has some 200 bytes, a word some 80; of fewer than 16 bytes nobody sees what came.
  step.after = step.way == Step::Way::cut ? dice.between(16, 800) : dice.between(0, step.words + 1);
  step.with_reset = dice.one_in(2);
  step.told = told[static_cast<std::size_t>(dice.between(0, told.size() - 1))];
  step.told_late = dice.one_in(4);
  step.copies = dice.one_in(4) ? dice.between(1, 2) : 0;
  step.again_after = dice.one_in(4) ? dice.between(1, 3) : 0;
  step.breaks_off_before = dice.one_in(8);
  step.data_beside = dice.one_in(8);
  step.new_session = dice.one_in(8);
  return step;
}

}  // namespace

Schedule draw_schedule(unsigned seed, bool after_a_word) {
  Dice dice(seed);
  Schedule schedule{seed, "conv_" + std::to_string(seed), {}};
  const int turns = dice.between(2, 12);
  for (int i = 1; i <= turns; ++i) {
    Step step = draw_step(dice, i);
    step.after_a_word = after_a_word;
    // Which of the copies is the one that speaks is not for the caller to know.
    if (after_a_word && step.way != Step::Way::whole) step.copies = 0;
    schedule.steps.push_back(step);
  }
  return schedule;
}

}  // namespace patchbay::test

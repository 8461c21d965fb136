// SPDX-License-Identifier: MIT
// One delivery of a turn in which the diary tells words, and what came back of it; notes whatever
// should never come.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lasting/schedule.h"
#include "support/line.h"

namespace patchbay::test {

class Hearing {
 public:
  enum class Begun {
    yes,
    no,  // there was no host, or one that was about to stop
  };

  // Connects and sends; throws where nobody listens. `faults` outlives it.
  Hearing(std::uint16_t port, const std::string& request, const Step& step,
          std::vector<std::string>& faults);

  Begun read_head();
  // Reads so many events, or all there are.
  void read_events(int most);
  void read_to_end();
  // Instead of all of these: reads so many bytes of the response, and hangs up.
  Begun read_and_hang_up(int bytes, bool with_reset);

  [[nodiscard]] int words() const { return words_; }  // heard, one after the other from the first
  [[nodiscard]] bool had_host_line() const { return had_host_line_; }

 private:
  void take(const Json& event);
  bool take_words(std::string_view content);
  void fault(const std::string& what);

  Line line_;
  const Step& step_;
  std::vector<std::string>& faults_;
  int words_ = 0;
  int ends_ = 0;
  bool is_over_ = false;        // the stream
  bool had_host_line_ = false;  // the fallback line
};

}  // namespace patchbay::test

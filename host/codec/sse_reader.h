// SPDX-License-Identifier: MIT
// The bytes of a Server-Sent-Events stream, cut anywhere, become the data of its events, by the
// rules of the HTML standard (9.2.6). Does not look into the data; names, ids and retry times are
// read over, as no voice pipeline uses them.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

class SseReader {
 public:
  // An event may hold this much; longer ones are an Error, so that a stream without blank lines
  // cannot fill the memory. 1 MB of text may be 6 MB of escapes.
  static constexpr std::size_t largest_event = 16 * 1024 * 1024;  // bytes

  // Appends the data of every event that these bytes complete: its data lines, joined by '\n'.
  // After the Error sse_event_too_large nothing more is read.
  [[nodiscard]] Problem feed(std::string_view bytes, std::vector<std::string>& events);

  // Has an event begun that no blank line has ended? Where the stream stops here, it is lost.
  [[nodiscard]] bool inside_event() const { return has_data_ || !line_.empty(); }

 private:
  void end_line(std::vector<std::string>& events);
  void take_field(std::string_view line);

  std::string line_;  // what has come of it
  std::string data_;  // of the event so far, each line ended by '\n'
  bool has_data_ = false;
  bool after_cr_ = false;  // a '\n' that follows belongs to that line end
  bool first_line_ = true;
};

}  // namespace patchbay

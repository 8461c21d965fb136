// SPDX-License-Identifier: MIT
// Is the body of an answer a whole turn? Every event valid and of the turn that was asked, as many
// words as were expected, and one response.end, last. What is wrong is said by its kind, so that
// kinds can be counted.
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::bench {

class AnswerCheck {
 public:
  using Stamp = std::chrono::steady_clock::time_point;

  // `says`: how many response.tts there must be; nothing: any number. `stamps`: each of them says
  // when it was sent, in nanoseconds of CLOCK_MONOTONIC.
  explicit AnswerCheck(std::optional<std::size_t> says = {}, bool stamps = false)
      : expected_(says), stamped_(stamps) {}

  void begin(std::string_view turn_id);

  // Reads the events that are whole in the body so far, and takes them off its front. Null where
  // all is well; otherwise the kind of fault, eg: "event_malformed".
  [[nodiscard]] const char* feed(std::string& body);
  // The answer is over; `rest` is what feed() left of it.
  [[nodiscard]] const char* finish(std::string_view rest) const;

  [[nodiscard]] std::size_t events() const { return events_; }
  // Of what the last feed() read.
  [[nodiscard]] const std::vector<Stamp>& stamps() const { return stamps_; }

 private:
  [[nodiscard]] const char* line(std::string_view line);
  [[nodiscard]] const char* event(std::string_view data);
  [[nodiscard]] bool read_stamp(std::string_view text);

  const std::optional<std::size_t> expected_;
  const bool stamped_;
  std::vector<Stamp> stamps_;
  std::string turn_id_;
  std::string data_;  // of the event so far
  bool has_data_ = false;
  std::size_t events_ = 0;
  std::size_t said_ = 0;
  bool ended_ = false;
};

}  // namespace patchbay::bench

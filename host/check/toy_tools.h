// SPDX-License-Identifier: MIT
// vap.tool/1 of the checker's small host. There is no other agent in it to call; but the functions
// of its own agent are called, by the rules.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "ground/clock.h"
#include "vap/vap_tool.h"

namespace patchbay {

class ToyHost;
class ToyTools;

// What a checked plugin's host pointer really points to: the table is first, so that its address is
// that of the seat.
struct ToySeat {
  vap_host_t table;
  ToyHost* host;
  ToyTools* tools;
};

class ToyTools {
 public:
  // `refusal`: what each of its functions answers, where it is below 0.
  explicit ToyTools(vap_status_t refusal) : refusal_(refusal) {}

  struct Heard {
    int ends = 0;
    vap_status_t status = VAP_OK;  // of the first
    std::string result, why;
  };
  std::uint64_t open();
  void cancel(std::uint64_t id, vap_cancel_t why);
  [[nodiscard]] Heard heard(std::uint64_t id) const;
  bool ended_within(std::uint64_t id, Milliseconds most) const;  // true: it was

  static const vap_ext_tool_host_t& table();

 private:
  friend struct ToyToolTable;
  struct Call {
    Heard heard;
    vap_cancel_t cancelled = VAP_CANCEL_NONE;
  };
  vap_status_t end(std::uint64_t id, vap_status_t status, vap_str_t result, const vap_error_t* why);

  const vap_status_t refusal_;
  mutable std::mutex mutex_;  // guards everything below
  mutable std::condition_variable changed_;
  std::map<std::uint64_t, Call> calls_;
  std::uint64_t last_ = 0;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// One call of an agent's function by another agent: who holds what until when. It ends twice, once
// for either side, and neither waits for the other: the caller hears its end as soon as there is
// one, while the called agent keeps its version until its own code has let go.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ground/clock.h"
#include "state/generation.h"
#include "vap/vap_tool.h"

namespace patchbay {

class ToolCall {
 public:
  using Id = std::uint64_t;
  struct Caller {
    void(VAP_CALL* on_end)(void* user, const vap_tool_end_t*) = nullptr;
    void* user = nullptr;
  };
  struct Facts {
    std::string caller, called;  // agents, eg: "shop" and "bakery"
    std::string name;            // eg: "stock"
    std::string arguments;       // one JSON object
    std::string conversation = {}, turn = {};
    Milliseconds timeout{0};
  };
  struct End {
    vap_status_t status = VAP_OK;
    std::string result = {}, message = {};
  };

  ToolCall(Id id, Lease caller, Lease called, const Caller& ear, Facts facts);

  [[nodiscard]] Id id() const { return id_; }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] const Agent& caller() const {
    return caller_;
  }  // only its address, once it is over
  [[nodiscard]] const Agent& called() const { return called_; }  // the same
  [[nodiscard]] Moment began() const { return began_; }
  [[nodiscard]] Moment due() const { return began_ + facts_.timeout; }

  // --- what the called agent does. All [any].
  // It gets to know of the call. False: that was cut before.
  bool begin();
  // Its function has come back.
  void came_back();
  enum class Ending {
    heard,     // the caller is to hear it
    too_late,  // it had heard another
    unknown,   // there is nothing to end
  };
  Ending end(End how);
  // VAP_CANCEL_HANGUP where it is not its to end.
  [[nodiscard]] vap_cancel_t cancelled() const;

  // The caller is to hear this instead; false where it has an end already.
  bool cut(vap_cancel_t why, vap_status_t status, const std::string& message);

  // Runs the function, in the caller's words; what it says below 0 is its end. After begin().
  // [turn]
  vap_status_t run(vap_error_t& why);
  // Tells the called agent that it was cut, where it has it still: a lease for that call, else
  // nothing. [any]
  [[nodiscard]] std::optional<Lease> open_for_cancel() const;
  // Tells the caller. Once there is an end. [turn]
  void tell();
  [[nodiscard]] bool was_begun() const;
  [[nodiscard]] bool has_end() const;
  // Is one of its sides in that version, and not over?
  [[nodiscard]] bool holds(const Generation& generation) const;
  [[nodiscard]] vap_status_t status() const;
  [[nodiscard]] std::string message() const;

  // Gives back the leases of the sides that are over; `caller_told`: that of the caller is. True
  // once neither is left. [any]
  bool settle(bool caller_told = false);

  void set_alarm(std::uint64_t alarm) { alarm_ = alarm; }
  [[nodiscard]] std::uint64_t alarm() const { return alarm_; }

 private:
  const Id id_;
  Agent& caller_;
  Agent& called_;
  const Caller ear_;
  const Facts facts_;
  const Moment began_;
  std::atomic<std::uint64_t> alarm_ = 0;  // 0: it has none yet

  mutable std::mutex mutex_;  // guards everything below
  std::optional<Lease> caller_lease_, called_lease_;
  std::optional<End> end_;  // the caller's
  vap_cancel_t cut_ = VAP_CANCEL_NONE;
  bool begun_ = false, back_ = false, ended_ = false;  // by the called agent
  bool passed_over_ = false;                           // it was cut, and then not begun
};

}  // namespace patchbay

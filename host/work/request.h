// SPDX-License-Identifier: MIT
// One request of a plugin, between the thread that brings the answer and the threads that run the
// plugin: keeps what has come, and hands it on in order, never twice at once, to whoever may block.
// Where the plugin lags behind, the server waits.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "machine/transfer.h"
#include "state/generation.h"
#include "vap/vap_http.h"

namespace patchbay {

// What the log may say of a request: no query, no header.
struct RequestFacts {
  std::string method;
  std::string host;
  std::string path;
};

class Request final : public TransferListener, public std::enable_shared_from_this<Request> {
 public:
  using Id = std::uint64_t;
  struct Plugin {
    vap_http_handler_t handler{};
    void* user = nullptr;
  };
  // What it needs of its house. All of them [any], and none of them blocks.
  struct Ways {
    std::function<void(std::shared_ptr<Request>)> deliver;   // call deliver() soon, on a worker
    std::function<void(Id)> go_on;                           // there is room for more
    std::function<void(Request&, const TransferEnd&)> over;  // after on_end
  };
  static constexpr std::size_t most_ahead = 256 * 1024;  // bytes that wait for the plugin

  Request(Id id, Lease lease, const Plugin& plugin, RequestFacts facts, const Ways& ways);

  [[nodiscard]] Id id() const { return id_; }
  [[nodiscard]] Agent& agent() const { return *agent_; }  // while it is not over
  [[nodiscard]] const RequestFacts& facts() const { return facts_; }

  // No chunk begins any more; what ends it is a cancel. True for the first. [any]
  bool cut();
  [[nodiscard]] bool is_cut();

  // From Transfers.
  void head(TransferHead head) override;
  bool bytes(std::string_view piece) override;
  void end(TransferEnd end) override;

  // Runs the plugin's code for what has come. False: its agent is still being made, so call it
  // again. [turn]
  bool deliver();

 private:
  struct Come {
    std::optional<TransferHead> head;
    std::string bytes;
    std::optional<TransferEnd> end;
  };
  void come_locked();
  Come take();
  bool more_has_come();
  void tell(const TransferHead& head) const;
  void tell(const TransferEnd& end) const;

  const Id id_;
  std::optional<Lease> lease_;  // given back as the very last
  Agent* const agent_;
  const Plugin plugin_;
  const RequestFacts facts_;
  const Ways& ways_;  // of Requests, which outlives every request

  std::mutex mutex_;  // guards everything below
  Come come_;
  bool on_its_way_ = false;  // a deliver() is asked for, or runs
  bool full_ = false;        // bytes() was told to wait
  bool cut_ = false;
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// All HTTP exchanges of all agents, on one thread and one store of connections (libcurl's multi
// handle over epoll): whoever asks the same host next finds one open. That thread runs no plugin.
#pragma once
#include <cstdint>
#include <memory>

#include "ground/result.h"
#include "machine/transfer.h"

namespace patchbay {

class Transfers {
 public:
  using Id = std::uint64_t;  // the caller's own; used once

  // The Error names what the system would not give, or the file of the CA that is none. [control]
  static Result<std::unique_ptr<Transfers>> start(TransferSettings settings);
  ~Transfers();  // cuts all that is under way; then nobody is told anything any more
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // The listener hears from it, until its end(). [any]
  void begin(Id id, TransferOrder order, std::shared_ptr<TransferListener> listener);
  // Its end() comes at once. Nothing happens where it is over. [any]
  void cut(Id id);
  // The listener that said "not now" has room. [any]
  void go_on(Id id);

 private:
  struct Thread;
  explicit Transfers(std::unique_ptr<Thread> thread);
  std::unique_ptr<Thread> thread_;
};

}  // namespace patchbay

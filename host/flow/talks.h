// SPDX-License-Identifier: MIT
// What the operator asks of conversations: which there are, what went on in one, and that it be
// forgotten; and how the store does. docs/admin.md. A store blocks, so whoever asks it here does so
// on threads of this unit, and no turn waits for them.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ground/log.h"
#include "ground/workers.h"
#include "machine/exchange.h"
#include "machine/store.h"
#include "state/archive.h"
#include "state/scribe.h"

namespace patchbay {

class Talks {
 public:
  // Told which conversation is to be forgotten, whoever else keeps something of it. [any]
  using Forgotten = std::function<void(const std::string& name)>;

  // All of it outlives this.
  Talks(Store& store, Scribe& scribe, Archive& archive, Log& log, Forgotten forgotten = {})
      : store_(store),
        scribe_(scribe),
        archive_(archive),
        log_(log),
        forgotten_(std::move(forgotten)) {}

  // They refer to this. None waits: what takes time is answered when it is done.
  std::vector<Endpoint> endpoints();

 private:
  struct Name;
  void list(Exchange&& exchange);                 // GET /conversations
  void show(Exchange&& exchange);                 // GET /conversations/AGENT/ID
  void forget(Exchange&& exchange);               // DELETE /conversations/AGENT/ID
  void standing(const Exchange& exchange) const;  // GET /store

  std::size_t catch_up();
  Result<std::vector<Record>> load(const Name& name);
  static Error unknown(const Name& name, std::size_t unwritten);
  void strike(const Name& name, Scribe::Done done);
  void forget_now(const Name& name, Stream& stream);

  Store& store_;
  Scribe& scribe_;
  Archive& archive_;
  Log& log_;
  const Forgotten forgotten_;
  Workers readers_{2};  // its end waits for whoever reads
};

}  // namespace patchbay

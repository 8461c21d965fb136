// SPDX-License-Identifier: MIT
// Where `patchbay conversations` reads: of a host that runs, by its admin socket, or the store that
// a stopped one has left.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "cli/house_store.h"
#include "ground/result.h"
#include "state/talk.h"

namespace patchbay {

struct TalkName {
  std::string agent;
  std::string conversation;
};

// Every call blocks. [control]
class TalkSource {
 public:
  virtual ~TalkSource() = default;
  TalkSource() = default;
  TalkSource(const TalkSource&) = delete;
  TalkSource& operator=(const TalkSource&) = delete;

  // `agent`: only those of this one, where it is not empty; `from`: empty, or the `next` of a list.
  virtual Result<TalkList> list(const std::string& agent, const std::string& from,
                                std::size_t most) = 0;
  // "unknown_conversation" where nothing is known of it.
  virtual Result<Talk> show(const TalkName& name) = 0;
  // False: it will be forgotten when the store is back.
  virtual Result<bool> forget(const TalkName& name) = 0;
};

// The host of that socket, or the only one that runs here. Where none does, the Error names what
// stopped ones have left. [control]
Result<std::unique_ptr<TalkSource>> talks_of_host(const std::string& admin_flag);
// A store itself, written as in `url` of [store]: a file must be there, and no host may use it.
// [control]
Result<std::unique_ptr<TalkSource>> talks_in_store(const std::string& url);

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// While a host starts, a signal to end ends the process at once: an agent may take minutes to be
// made (a model is loaded), and can be neither asked nor forced to stop.
#pragma once
#include <csignal>
#include <thread>

#include "ground/log.h"
#include "machine/descriptor.h"

namespace patchbay {

class EarlyEnd {
 public:
  // The signals are blocked in all threads. The log outlives this. [control]
  EarlyEnd(const sigset_t& signals, Log& log);
  ~EarlyEnd();  // a signal that comes from here on waits for whoever asks for it
  EarlyEnd(const EarlyEnd&) = delete;
  EarlyEnd& operator=(const EarlyEnd&) = delete;

 private:
  void watch(Log& log) const;

  const Descriptor signal_;   // readable once one has come
  const Descriptor started_;  // readable when nobody needs this any more
  std::thread watcher_;
};

}  // namespace patchbay

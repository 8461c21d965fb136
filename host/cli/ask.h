// SPDX-License-Identifier: MIT
// Puts one event to an agent and follows its answer to the end: signs, sends, reads, judges and
// measures. Prints nothing: whoever asks is told everything the moment it happens.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "cli/pipeline_call.h"
#include "codec/reply_event.h"
#include "codec/signature.h"
#include "codec/url.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/client_socket.h"
#include "machine/interrupt.h"

namespace patchbay {

// Where the agent is reached, and how.
struct Line {
  Url url;
  Secret secret;
  std::string secret_from;  // for messages, eg: "LAYERCODE_WEBHOOK_SECRET"
  Milliseconds patience;    // how long it may be silent
  Milliseconds per_word{};  // how long a voice says a word, and can be interrupted; 0: no time
  TlsTrust trust = {};      // where it is reached by https
};

using Microseconds = std::chrono::microseconds;

enum class Ending {
  ended,        // with response.end, and nothing was wrong
  interrupted,  // the caller spoke into it
  failed,       // the reply broke off, or broke a rule
  refused       // there is no reply: no connection, or no 200
};

std::string_view name_of(Ending ending);

struct Heard {
  Ending ending = Ending::refused;
  std::string text;                        // all words
  std::optional<Microseconds> first_word;  // from the moment of asking
  Microseconds total{0};
  bool interrupted = false;  // also where the ending is failed for what went before
  bool hung_up = false;      // by the agent
};

class ReplyListener {
 public:
  virtual ~ReplyListener() = default;
  virtual void hear(const ReplyEvent& event, Microseconds at) = 0;
  // What is wrong with the reply, or why there is none. The turn may go on.
  virtual void blame(const Error& error, Microseconds at) = 0;
};

// A turn: session.start or a message. `barge_in_after` raises the interrupt that long after the
// first word.
Heard ask(const Line& line, const Asked& asked, ReplyListener& listener, const Interrupt& interrupt,
          std::optional<Milliseconds> barge_in_after);

// An event that is answered with a short body at once: data or session.end. The Error says why it
// was not.
Result<std::string> tell(const Line& line, const Asked& asked, const Interrupt& interrupt);

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// A real host with agents of llm.so, and the scripted model that they ask. What a caller says is
// the script: see tests/model/script.h.
#pragma once
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "support/host_process.h"
#include "support/line.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "support/webhook.h"

namespace patchbay::test {

// The scripted model as a process.
class Model {
 public:
  Model() : process_(setup()), port_(process_.port()) {}

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // What was asked of that model so far, in order.
  [[nodiscard]] std::vector<Json> asked_of(const std::string& model) const {
    std::vector<Json> found;
    for (Json& request : Json::parse(get(port_, "/requests").body))
      if (request["model"] == model) found.push_back(std::move(request));
    return found;
  }
  [[nodiscard]] int streams(const char* which) const {
    return Json::parse(get(port_, "/streams").body)[which].get<int>();
  }

 private:
  static HostProcess::Setup setup() {
    HostProcess::Setup setup;
    setup.program = PATCHBAY_BINARY_DIR "/tests/model/scripted_model";
    return setup;
  }
  HostProcess process_;
  std::uint16_t port_;
};

// "user: hi | assistant: hello", of a request as it was recorded.
inline std::string shown(const Json& request) {
  std::string out;
  for (const Json& message : request["messages"])
    out += (out.empty() ? "" : " | ") + message["role"].get<std::string>() + ": " +
           message["text"].get<std::string>();
  return out;
}

// One provider in TOML; the time to the first word is long, as tests that want it short say so.
inline std::string provider(const std::string& agent, const std::string& kind,
                            const std::string& model, const Model& server,
                            const std::string& further = "") {
  const std::string version = kind == "gemini" ? "/v1beta" : "/v1";
  return "[[agents." + agent + ".config.providers]]\nkind = \"" + kind + "\"\nurl = \"http://" +
         server.address() + version + "\"\nmodel = \"" + model + "\"\n" +
         (further.find("first_word_ms") == std::string::npos ? "first_word_ms = 20000\n" : "") +
         (further.find("between_words_ms") == std::string::npos ? "between_words_ms = 20000\n"
                                                                : "") +
         further + "\n";
}

inline std::string agent(const std::string& name, const Model& server,
                         const std::string& config = "", const std::string& http = "") {
  return "[agents." + name + "]\nplugin = \"llm\"\nfallback = \"It failed.\"\n[agents." + name +
         ".http]\nallow = [\"" + server.address() + "\"]\n" + http + "\n[agents." + name +
         ".config]\n" + config + "\n";
}

// A host with that configuration.
class Hosting {
 public:
  explicit Hosting(const std::string& toml) : process_(setup(write(toml))) {}

  HostProcess& process() { return process_; }
  Answer hears(const std::string& agent, const std::string& text,
               const std::string& conversation = "conv_1") {
    return say(process_.port(), agent, text, conversation);
  }
  // The answer as it comes, after its head.
  Line begins(const std::string& agent, const std::string& text,
              const std::string& conversation = "conv_1") {
    Line line(process_.port());
    Webhook webhook;
    webhook.path = "/agents/" + agent;
    webhook.body = message(text, conversation);
    line.send(webhook.request());
    CHECK(line.read_head().status == 200);
    return line;
  }

 private:
  std::string write(const std::string& toml) const {
    const std::string file = directory_.of("patchbay.toml");
    std::ofstream(file) << "[admin]\nsocket = \"off\"\n" << toml;
    return file;
  }
  static HostProcess::Setup setup(const std::string& file) {
    HostProcess::Setup setup = serving(plugin_directory(), {"--config", file});
    setup.environment["MODEL_KEY"] = "sk-test-0123456789";
    return setup;
  }

  TempDir directory_;
  HostProcess process_;
};

}  // namespace patchbay::test

// SPDX-License-Identifier: MIT
#include <string>
#include <vap/vap.hpp>

class Recap : public vap::agent {
 public:
  void on_message(vap::turn& t) override {
    if (t.text().empty()) return t.pass();  // a cough: silent on purpose
    std::string prompt;
    for (auto& line : t.history(20, 8000)) {  // the last is what the caller just said
      prompt += std::string(line.role()) + ": " + std::string(line.text);
      prompt += line.interrupted ? " [interrupted]\n" : "\n";
    }
    t.data("{\"prompt\":" + vap::quote(prompt) + "}");  // here a model would be asked
    t.say("I see.");
  }
};

VAP_AGENT(Recap, R"({"id":"com.example.recap","name":"Recap","version":"1.0.0",
                     "uses":["vap.history/1"]})")

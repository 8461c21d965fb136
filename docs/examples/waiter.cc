// Asks the larder, which is another agent, before it promises anything.
#include <chrono>
#include <string>
#include <vap/tool.hpp>
#include <vap/vap.hpp>

using namespace std::chrono_literals;

struct Waiter : vap::agent {
  using vap::agent::agent;

  void on_message(vap::turn& t) override {
    tools.call("larder", "take", R"({"item": )" + vap::quote(t.text()) + "}")
        .timeout(2s)
        .on_end([](vap::reply& r, const vap::tool_end& e) {
          r.say(e.ok() ? "Here you are." : "I am sorry: " + std::string(e.message) + ".");
          r.end();  // a call that failed is no failed turn: this was its answer
        })
        .send(t.defer());
  }

  vap::tools tools{abi()};
};
VAP_AGENT(Waiter, R"({"id": "com.example.waiter", "name": "Waiter", "version": "1.0.0",
                      "uses": ["vap.tool/1"]})")

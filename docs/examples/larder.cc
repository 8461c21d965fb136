// Keeps count of a larder, and lets other agents ask for it.
#include <map>
#include <mutex>
#include <string>
#include <vap/functions.hpp>
#include <vap/vap.hpp>

struct Larder : vap::agent, vap::functions {
  void start() override {
    const char* const one_item = R"({"type": "object", "required": ["item"],
                                     "properties": {"item": {"type": "string"}}})";
    offer({"left", "How many of a thing are left.", one_item}, [this](vap::function_call& call) {
      const auto item = call.argument("item");
      if (!item) return call.refuse("say which item");
      const std::lock_guard<std::mutex> lock(mutex_);
      call.end(std::to_string(left_[*item]));
    });
    offer({"take", "Takes one of a thing.", one_item, true}, [this](vap::function_call& call) {
      const auto item = call.argument("item");
      if (!item) return call.refuse("say which item");
      const std::lock_guard<std::mutex> lock(mutex_);
      if (left_[*item] == 0) return call.fail("no " + *item + " is left");
      call.end(std::to_string(--left_[*item]) + " are left now");
    });
  }

  void on_message(vap::turn& t) override { t.say("Ask the waiter, please."); }

  std::mutex mutex_;  // guards left_: calls may come at once
  std::map<std::string, int> left_{{"soup", 1}, {"bread", 12}};
};
VAP_AGENT(Larder, R"({"id": "com.example.larder", "name": "Larder", "version": "1.0.0",
                      "uses": ["vap.tool/1"]})")

// SPDX-License-Identifier: MIT
//
// Does what makes g++ emit STB_GNU_UNIQUE: statics of inline functions and templates, make_shared,
// much of the standard library. Built without vap_add_plugin's flags, it would never be unmapped,
// and version 2 would go on with version 1's statics.
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vap/vap.hpp>

inline int& turns() {
  static int n = VERSION * 1000;
  return n;
}

template <class T>
struct Counted {
  static inline int made = 0;
};

struct Sticky : vap::agent {
  void on_message(vap::turn& t) override {
    const auto text = std::make_shared<std::string>(t.text());
    const std::function<bool()> matches = [&] {
      return std::regex_match(*text, std::regex("h.*"));
    };
    std::map<std::string, int> words{{*text, ++turns()}};
    std::ostringstream out;
    if (matches()) out << words[*text] << '+' << ++Counted<Sticky>::made;
    t.say(out.str());
  }
};

VAP_AGENT(Sticky, R"({"id":"com.example.sticky","name":"Sticky","version":"1.0.0"})")

// SPDX-License-Identifier: MIT
//
// scripted_model [--listen ADDRESS:PORT] [--rules FILE] - answers like a model, by script: for
// tests, and to try agents with no key and no network. What scripts can say stands in script.h.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "server.h"

namespace {

int refuse(const std::string& why) {
  std::cerr << "scripted_model: " << why
            << "\nusage: scripted_model [--listen ADDRESS:PORT] [--rules FILE]\n";
  return 2;
}

}  // namespace

int main(int count, char** words) {
  std::string listen = "127.0.0.1:0", rules;
  for (int i = 1; i < count; i += 2) {
    const std::string word = words[i];
    if (i + 1 == count || (word != "--listen" && word != "--rules"))
      return refuse("unknown argument '" + word + "'");
    (word == "--listen" ? listen : rules) = words[i + 1];
  }

  std::ifstream file(rules);
  if (!rules.empty() && !file) return refuse("cannot read " + rules);
  const std::string text{std::istreambuf_iterator<char>(file), {}};

  const std::size_t colon = listen.rfind(':');
  const std::string address = listen.substr(0, colon);
  const int wanted = colon == std::string::npos ? -1 : std::atoi(listen.c_str() + colon + 1);
  model::Server server(model::parse_rules(text));
  const std::uint16_t port =
      wanted < 0 || wanted > 65535 ? 0 : server.listen(address, static_cast<std::uint16_t>(wanted));
  if (port == 0) return refuse("cannot listen on " + listen);
  std::cout << "scripted model answers on http://" << address << ':' << port << std::endl;
  server.run();
  return 0;
}

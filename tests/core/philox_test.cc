#include "tern/core/philox.h"

#include <catch2/catch.hpp>

namespace tern {
namespace {

TEST_CASE("Philox gives the known answers of its authors") {
  // From the test vectors of the Random123 library.
  CHECK(Philox::block({0, 0, 0, 0}, {0, 0}) ==
        Philox::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  std::uint32_t ones = 0xffffffff;
  CHECK(Philox::block({ones, ones, ones, ones}, {ones, ones}) ==
        Philox::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Philox::block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                      {0xa4093822, 0x299f31d0}) ==
        Philox::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox gives TensorFlow's stateless uniforms") {
  Philox philox(1);
  Philox::Block first = philox(), second = philox();
  CHECK(first[0] == 3823634032u);
  // A float32 is the low 23 bits over 2^23.
  auto uniform = [](std::uint32_t word) {
    return static_cast<float>(word & 0x7fffff) / 0x1p23f;
  };
  CHECK(uniform(first[0]) == 0.81269646f);
  CHECK(uniform(first[1]) == 0.07857466f);
  CHECK(uniform(first[2]) == 0.8916855f);
  CHECK(uniform(first[3]) == 0.16925514f);
  CHECK(uniform(second[0]) == 0.06311357f);
}

TEST_CASE("skipping equals calling, across every carry of the counter") {
  Philox start({0xfffffffe, 0xffffffff, 0xffffffff, 7}, {1, 2});
  Philox called = start, skipped = start;
  for (int i = 0; i < 5; ++i) called();
  skipped.skip(5);
  CHECK(called.counter() == skipped.counter());
  CHECK(skipped.counter() == Philox::Block{3, 0, 0, 8});
  CHECK(called() == skipped());
}

}  // namespace
}  // namespace tern

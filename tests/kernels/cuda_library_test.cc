#include "kernels/cuda_library.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/file.h"
#include "tests/kernels/all_forms.h"

namespace orch::kernels {
namespace {

TEST(CudaLibrary, AMissingFileIsNotFound) {
  const auto table = load_cuda_library("/nowhere/liborch_cuda.so");
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().code, Code::kNotFound);
}

TEST(CudaLibrary, AFileThatIsNoLibraryIsAClearError) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/liborch_cuda.so";
  ASSERT_TRUE(write_file_atomic(path, "not a shared object").ok());
  const auto table = load_cuda_library(path);
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().code, Code::kInternal);
  EXPECT_NE(table.error().message.find(path), std::string::npos);
}

TEST(CudaLibrary, AnotherLibraryIsRefused) {
  const auto table = load_cuda_library("/lib/x86_64-linux-gnu/libm.so.6");
  if (!table.ok() && table.error().code == Code::kNotFound) {
    GTEST_SKIP() << "SKIPPED: no libm.so.6 where Debian has it";
  }
  ASSERT_FALSE(table.ok());
  EXPECT_NE(table.error().message.find("orch_cuda_table"), std::string::npos);
}

TEST(CudaForm, IsComparedWhereThereIsAGpu) {
  const CudaTable* cuda = cuda_or_skip();
  if (cuda == nullptr) GTEST_SKIP() << "SKIPPED: no CUDA device or library";
  EXPECT_EQ(cuda->version, kCudaTableVersion);
  EXPECT_EQ(cuda->ops.version, kOpsVersion);
  EXPECT_STREQ(cuda->ops.name, "cuda");
}

TEST(CudaForm, AFailureIsKeptUntilItIsRead) {
  const CudaTable* cuda = cuda_or_skip();
  if (cuda == nullptr) GTEST_SKIP() << "SKIPPED: no CUDA device or library";
  EXPECT_EQ(cuda->allocate(std::size_t{1} << 60), nullptr);
  const char* failure = cuda->failure();
  ASSERT_NE(failure, nullptr);
  EXPECT_NE(std::string(failure).find("cudaMalloc"), std::string::npos) << failure;
  EXPECT_EQ(cuda->failure(), nullptr);
}

}  // namespace
}  // namespace orch::kernels

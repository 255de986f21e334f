# orch-rank (the task kinds; LibTorch) and orch-tool (none of it).
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

orch_library(orch_tool_options SOURCES tool_options.cc LIBS orch_protocol CLI11::CLI11)
# CLI11 alone costs 15 s with -O2, for code that runs once.
set_source_files_properties(tool_options.cc PROPERTIES COMPILE_OPTIONS -O0)

orch_library(orch_checkpoint_folders SOURCES checkpoint_folders.cc LIBS orch_artifact_dir orch_base)

orch_library(orch_train
  SOURCES checkpoint_keeper.cc early_stop.cc rank_link.cc train_loop.cc
  LIBS orch_checkpoint orch_checkpoint_folders orch_metrics orch_model orch_optim orch_parallel orch_protocol)

orch_library(orch_tasks
  SOURCES checkpoint.cc evaluate.cc evaluate_model.cc forgetting.cc instruct.cc prepare.cc pretrain.cc task.cc
    train_setup.cc
  LIBS orch_train orch_data orch_score orch_tokenizer orch_verdict orch_build_info nlohmann_json::nlohmann_json)

orch_library(orch_tool_run
  SOURCES job_folder.cc local_gang.cc progress_line.cc tool_run.cc
  LIBS orch_checkpoint_folders orch_protocol orch_tool_options)

if(ORCH_TORCH)
  orch_binary(orch-rank SOURCES rank_main.cc rank_process.cc tensor_verbs.cc
    LIBS orch_tasks orch_tool_options)
endif()
orch_binary(orch-tool SOURCES tool_main.cc tool_compare.cc tool_inspect.cc tool_score.cc tool_tokenize.cc
  LIBS orch_artifact_dir orch_data orch_model_config orch_optim orch_safetensors orch_score orch_score_metrics
    orch_tokenizer orch_tool_run orch_verdict)

using Whorl.Models;

namespace Whorl.Tests;

public sealed class SwarmSearchTests
{
    [Theory]
    [InlineData("bigscience/bloom-560m", "bloom", "bigscience/bloom-560m-petals")]
    [InlineData("meta-llama/Meta-Llama-3.1-405B-Instruct", "llama", "Meta-Llama-3-1-405B-Instruct-hf")]
    [InlineData("meta-llama/Llama-2-70b-hf", "llama", "Llama-2-70b-hf")]
    [InlineData("Maykeye/TinyLLama-v0", "llama", "TinyLLama-v0-hf")]
    [InlineData("tiiuae/falcon-180B", "falcon", "falcon-180B")]
    [InlineData("mistralai/Mixtral-8x22B-v0.1", "mixtral", "mistralai/Mixtral-8x22B-v0-1")]
    [InlineData("Qwen/Qwen2.5-7B", "qwen2", "Qwen2-5-7B")]
    public void A_model_of_the_hub_is_called_as_petals_clients_call_it(string name, string family, string prefix) =>
        Assert.Equal(prefix, SwarmSearch.DefaultPrefix(new LocatedModel("/cache/somewhere", name), ModelFamily.Of(family, "config.json")));

    [Theory]
    [InlineData("models/bloom 1.7b/", "bloom-1-7b")]
    [InlineData("models/tiny.Q4_0.gguf", "tiny-Q4_0-gguf")]
    public void A_folder_or_file_is_called_by_its_own_name(string path, string prefix) =>
        Assert.Equal(prefix, SwarmSearch.DefaultPrefix(new LocatedModel(path, path), ModelFamily.Of("bloom", "config.json")));
}

namespace Whorl.Models.Tests;

public sealed class LongestTextTests
{
    [Theory]
    [InlineData(4096, """ "max_position_embeddings": 4096 """)]
    [InlineData(32768, """ "max_position_embeddings": 8192, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8192} """)]
    [InlineData(32768, """ "max_position_embeddings": 32768, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096} """)]
    [InlineData(8192, """ "max_position_embeddings": 4096, "rope_scaling": {"type": "dynamic", "factor": 2.0} """)]
    [InlineData(8192, """ "max_position_embeddings": 8192, "rope_scaling": {"type": "linear", "factor": 2.0} """)]
    public void The_longest_text_is_the_config_s_unless_its_scaling_says_more(int longest, string keys)
    {
        string folder = Directory.CreateTempSubdirectory("whorl-longest-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
                { "model_type": "llama", "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
                  "vocab_size": 32, "rms_norm_eps": 1e-5, {{keys}} }
                """);
            ConfigReader config = new(Formats.ModelFolder.ReadConfig(folder), folder);
            Assert.Equal(longest, ModelFamily.Of("llama", folder).Read(config).LongestText);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Models.Tests;

public sealed class ModelFamilyTests
{
    [Fact]
    public void Every_family_in_the_assembly_is_listed_once()
    {
        IEnumerable<string> Names(IEnumerable<Type> types) => types.Select(t => t.Name).Order(StringComparer.Ordinal);
        Assert.Equal(
            Names(typeof(ModelFamily).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ModelFamily)) && !t.IsAbstract)),
            Names(ModelFamily.All.Select(f => f.GetType())));
    }

    [Fact]
    public void No_two_families_claim_the_same_name()
    {
        Assert.Distinct(ModelFamily.All.SelectMany(f => f.Aliases.Append(f.ModelType)));
        Assert.Distinct(ModelFamily.All.SelectMany(f => f.GgufArchitectures));
    }

    [Fact]
    public void Every_family_has_a_card_of_at_most_forty_lines_and_every_card_a_family()
    {
        string[] cards = Directory.GetFiles(Path.Combine(ReferenceData.Checkout, "docs", "models"), "*.md");
        Assert.Equal(
            ModelFamily.All.Select(f => f.ModelType).Order(StringComparer.Ordinal),
            cards.Select(card => Path.GetFileNameWithoutExtension(card)!).Where(name => name != "README").Order(StringComparer.Ordinal));
        Assert.All(cards, card => Assert.InRange(File.ReadAllLines(card).Length, 10, 40));
    }

    [Fact]
    public void Every_card_tells_the_same_things_in_the_same_order()
    {
        Assert.All(ModelFamily.All, family =>
        {
            string[] lines = File.ReadAllLines(Path.Combine(ReferenceData.Checkout, "docs", "models", family.ModelType + ".md"));
            Assert.Contains($"(`{family.ModelType}`", lines[0], StringComparison.Ordinal);
            string[] parts = [.. lines.Where(line => line.StartsWith("**", StringComparison.Ordinal)).Select(line => line.Split("**")[1])];
            Assert.Equal(["Block", "Weights", "GGUF", "Source"], parts.Where(part => part != "Traps"));
            Assert.True(Array.IndexOf(parts, "Traps") is -1 or 3, $"{family.ModelType}: traps stand between GGUF and source");
        });
    }

    [Fact]
    public void The_guide_s_example_compiles_and_reads_a_config_and_names_what_its_layers_ask_for()
    {
        string guide = File.ReadAllText(Path.Combine(ReferenceData.Checkout, "docs", "guides", "add-a-family.md"));
        string example = File.ReadAllText(Path.Combine(ReferenceData.Checkout, "tests", "Whorl.Models.Tests", "Example.cs"));
        Assert.Contains($"```csharp\n{example}```", guide, StringComparison.Ordinal);

        using var json = JsonDocument.Parse("""
            {"hidden_size": 64, "intermediate_size": 8, "num_attention_heads": 4, "num_hidden_layers": 3, "vocab_size": 9, "sliding_window": 5, "num_experts": 8}
            """);
        ConfigReader config = new(json.RootElement, "config.json");
        Families.Example family = new();
        DecoderSpec spec = family.Read(config);
        Assert.Empty(config.CheckUnread());
        Assert.Equal([null, 8, 8], spec.Blocks.Select(block => block.FeedForward!.Experts?.Count));
        Assert.Equal([5, 0, 5], spec.Blocks.Select(block => ((AttentionLayerSpec)block.Mixer).Window));
        Assert.Equal("model.layers.1.self_attn.qkv_proj.weight", family.Weights(spec).Name("key", 1, 0, bias: false));
    }
}

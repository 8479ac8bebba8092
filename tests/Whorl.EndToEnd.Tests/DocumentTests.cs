using System.Text.RegularExpressions;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests;

/// <summary>What is written about the program leads somewhere.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents => new(
        Directory.GetFiles(ReferenceData.Checkout, "*.md").Concat(Directory.GetFiles(Path.Combine(ReferenceData.Checkout, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(ReferenceData.Checkout, path).Replace('\\', '/')));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_to_a_file_of_the_repository_finds_it(string document)
    {
        string path = Path.Combine(ReferenceData.Checkout, document);
        string[] lost = [.. Link().Matches(File.ReadAllText(path)).Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && target[0] != '#')
            .Where(target => !Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, target.Split('#')[0])))];
        Assert.Empty(lost);
    }

    [Fact]
    public void The_index_names_every_guide()
    {
        string index = File.ReadAllText(Path.Combine(ReferenceData.Checkout, "docs", "index.md"));
        Assert.All(
            Directory.GetFiles(Path.Combine(ReferenceData.Checkout, "docs", "guides")),
            guide => Assert.Contains($"guides/{Path.GetFileName(guide)}", index, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}

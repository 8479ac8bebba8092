using System.Xml.Linq;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests;

/// <summary>The projects under src name one another only as the design's drawing allows.</summary>
public sealed class LayoutTests
{
    /// <summary>The arrows of the drawing; a project may also name what it reaches over several of them. Null: everything.</summary>
    private static readonly Dictionary<string, string[]?> Arrows = new()
    {
        ["Tensors"] = [],
        ["Kernels.Cpu"] = ["Tensors"],
        ["Kernels.Cuda"] = ["Tensors"],
        ["Formats"] = ["Tensors"],
        ["Tokenizers"] = [],
        ["Models"] = ["Formats", "Tensors"],
        ["Generation"] = ["Tokenizers"],
        ["Training"] = ["Models"],
        ["Offloading"] = ["Models"],
        ["Wire"] = [],
        ["P2P"] = ["Wire"],
        ["Protocol"] = ["P2P", "Wire", "Tensors"],
        ["Dht"] = ["Protocol"],
        ["Swarm"] = ["Models", "Dht"],
        ["Server"] = ["Generation", "Training", "Offloading", "Swarm"],
        ["Client"] = ["Generation", "Training", "Offloading", "Swarm"],
        ["Whorl"] = ["Client", "Server", "Kernels.Cpu", "Kernels.Cuda"],
        ["Api"] = ["Whorl"],
        ["Cli"] = null,
    };

    [Fact]
    public void Every_project_reference_is_an_arrow_of_the_drawing()
    {
        string[] projects = Directory.GetFiles(Path.Combine(ReferenceData.Checkout, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.NotEmpty(projects);
        foreach (string file in projects)
        {
            string project = ShortName(file);
            Assert.True(Arrows.ContainsKey(project), $"{project} is not in the drawing");
            HashSet<string>? allowed = Reachable(project);
            foreach (XElement reference in XDocument.Load(file).Descendants("ProjectReference"))
            {
                string target = ShortName(reference.Attribute("Include")!.Value);
                Assert.True(allowed is null || allowed.Contains(target), $"the drawing has no way from {project} to {target}");
            }
        }
    }

    [Theory]
    [InlineData("Whorl.Models", "Whorl.Kernels")]
    [InlineData("Whorl.Generation", "Whorl.Models")]
    [InlineData("Whorl.P2P", "Whorl.Models")]
    [InlineData("Whorl.P2P", "Whorl.Protocol")]
    [InlineData("Whorl.Dht", "Whorl.Models")]
    [InlineData("Whorl.Protocol", "Whorl.Models")]
    [InlineData("Whorl.Swarm", "Whorl.Kernels")]
    [InlineData("Whorl.Server", "Whorl.Kernels")]
    [InlineData("Whorl.Client", "Whorl.Kernels")]
    [InlineData("Whorl.Library", "System.CommandLine")]
    [InlineData("Whorl.Library", "Spectre")]
    public void A_compiled_assembly_does_not_name_what_it_must_not_know(string assembly, string forbidden)
    {
        string[] named = [.. System.Reflection.Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!)];
        Assert.DoesNotContain(named, name => name.StartsWith(forbidden, StringComparison.Ordinal));
    }

    private static HashSet<string>? Reachable(string project)
    {
        if (Arrows[project] is null)
        {
            return null;
        }

        HashSet<string> reached = [];
        Queue<string> open = new(Arrows[project]!);
        while (open.TryDequeue(out string? next))
        {
            if (reached.Add(next))
            {
                Array.ForEach(Arrows[next]!, open.Enqueue);
            }
        }

        return reached;
    }

    private static string ShortName(string path) =>
        Path.GetFileNameWithoutExtension(path.Replace('\\', '/')) is var name && name.StartsWith("Whorl.", StringComparison.Ordinal) ? name["Whorl.".Length..] : name;
}

using System.CommandLine;
using Whorl.Cli.Engine;
using Whorl.Kernels.Cpu;
using Whorl.Tensors;

namespace Whorl.Cli.Arguments;

/// <summary>Which model, and how it is computed.</summary>
internal sealed class ModelArguments
{
    public ModelArguments(bool optional)
    {
        Model = new Argument<string?>("MODEL")
        {
            Description = $"A Hugging Face folder, a .gguf file, or '{ModelLocator.BuiltIn}', the small model that comes with Whorl{(optional ? " and is the default" : "")}.",
            Arity = optional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        Check.Whole(Threads, 1);
    }

    public Argument<string?> Model { get; }

    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Threads that compute. The result does not depend on it.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        HelpName = "N",
    };

    public Option<string> Activations { get; } = Check.OneOf(
        new Option<string>("--activations")
        {
            Description = "In what form activations meet quantised weights: q8 rounds them to 8 bits and is fast; f32 rounds nothing.",
            DefaultValueFactory = _ => "q8",
        },
        "q8",
        "f32");

    public void AddOptionsTo(Command command)
    {
        command.Add(Threads);
        command.Add(Activations);
    }

    public EngineOptions Read(ParseResult result) => new(
        ModelLocator.Find(result.GetValue(Model)),
        new CpuBackendOptions { Threads = result.GetValue(Threads), Activations = result.GetValue(Activations) == "f32" ? ActivationFormat.F32 : ActivationFormat.Q8 });
}

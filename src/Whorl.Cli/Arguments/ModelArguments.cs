using System.CommandLine;
using Whorl.Cli.Engine;
using Whorl.Cli.Output;
using Whorl.Kernels.Cpu;
using Whorl.Tensors;

namespace Whorl.Cli.Arguments;

/// <summary>Which model, and how it is computed.</summary>
internal sealed class ModelArguments
{
    private const int MostThreadsOfACore = 4;

    public ModelArguments(bool optional)
    {
        Model = new Argument<string?>("MODEL")
        {
            Description = "A Hugging Face folder, a .gguf file, a name on the hub (org/name, org/name@REVISION, org/name:Q4_K_M), "
                + $"which is fetched if need be, or '{ModelLocator.BuiltIn}', the small model that comes with Whorl"
                + (optional ? " and is the default." : "."),
            Arity = optional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        Check.Whole(Threads, 1, CpuBackendOptions.MaxThreads);
    }

    public Argument<string?> Model { get; }

    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Threads that compute; the result does not depend on it. More than the cores only slow each other down.",
        DefaultValueFactory = _ => new CpuBackendOptions().Threads,
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

    public Option<bool> Strict { get; } = new("--strict")
    {
        Description = "Refuse a model whose files have keys that are not known, or ask for what is not done, instead of warning of them.",
    };

    public void AddOptionsTo(Command command)
    {
        command.Add(Threads);
        command.Add(Activations);
        command.Add(Strict);
    }

    /// <summary>The options, once the model is here.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="part">What of the model is needed.</param>
    /// <param name="cancellationToken">Stops fetching it.</param>
    public async Task<ModelChoice> ReadAsync(ParseResult result, ModelPart part, CancellationToken cancellationToken)
    {
        string? asked = result.GetValue(Model);
        LocatedModel model = await ModelLocator.FindAsync(asked, part, DownloadProgress.Display, ModelWarnings.Tell, cancellationToken);
        ActivationFormat activations = result.GetValue(Activations) == "f32" ? ActivationFormat.F32 : ActivationFormat.Q8;
        return new ModelChoice(
            model,
            asked ?? ModelLocator.BuiltIn,
            new ModelOptions
            {
                Threads = ThreadsOf(result),
                Activations = activations,
                Strict = result.GetValue(Strict),
                Warn = ModelWarnings.Tell,
                Loading = LoadingProgress.Begin(),
            });
    }

    /// <summary>
    /// The model as each of several processes of this machine computes it: they have the cores together, unless the user says how many threads each has.
    /// </summary>
    /// <param name="result">The command line.</param>
    /// <param name="choice">What was read from it.</param>
    /// <param name="processes">How many, 1 or more.</param>
    public ModelChoice DivideCores(ParseResult result, ModelChoice choice, int processes) => result.GetResult(Threads) is { Implicit: false }
        ? choice
        : choice with { Options = choice.Options with { Threads = Math.Max(1, choice.Options.Backend.Threads / processes) } };

    /// <summary>So many threads as were asked for, unless that could only be slower.</summary>
    private int ThreadsOf(ParseResult result)
    {
        int asked = result.GetValue(Threads), most = MostThreadsOfACore * Environment.ProcessorCount;
        if (asked > most)
        {
            Console.Error.WriteLine(
                $"whorl: --threads is {asked}, but this machine has {Environment.ProcessorCount} cores; {most} threads are used");
        }

        return Math.Min(asked, most);
    }
}

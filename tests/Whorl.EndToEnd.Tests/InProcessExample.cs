using Whorl.Client;
using Whorl.Generation;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;
using Whorl.Tokenizers;

namespace Whorl.EndToEnd.Tests;

/// <summary>The README's example of a model in a program's own process, between the braces of the method as it stands there.</summary>
internal static class InProcessExample
{
    public static async Task WriteAsync(string path, string prompt, TextWriter output, CancellationToken cancellationToken)
    {
        using ModelSource source = ModelSource.Open(path); // a Hugging Face folder, or a .gguf file
        using CpuBackend backend = new();
        using ModelEnds ends = ModelEnds.Load(source, backend);
        BlockRange all = new(0, source.Spec.Blocks.Count - 1);
        using DecoderSpan blocks = DecoderSpan.Load(source, all, backend, cancellationToken: cancellationToken);
        HostedSpan span = new(blocks, blocks.Contract, new MemoryBudget(4L << 30), "local", TimeProvider.System);
        CausalModel model = new(source, ends, span);
        Tokenizer tokenizer = Tokenizer.FromFolder(path); // or FromGguf

        await using CausalSession session = await model.OpenSessionAsync(maxLength: 512, maxScratch: 0, cancellationToken);
        Sampler sampler = new(new SamplingOptions { Temperature = 0.8f, Seed = 7 }, model.VocabularySize);
        TokenGenerator generator = new(session, sampler, model.VocabularySize);
        await generator.PrefillAsync(tokenizer.Encode(prompt), progress: null, cancellationToken);
        StreamingDecoder decoder = tokenizer.StartDecoding(skipSpecialTokens: true);
        await foreach (int id in generator.GenerateAsync(new GenerationOptions { MaxTokens = 40 }, 512, _ => { }, cancellationToken))
        {
            await output.WriteAsync(decoder.Append(id));
        }
    }
}

using Whorl.Client;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;
using Whorl.Tokenizers;

string path = args[0], prompt = args[1];
using ModelSource source = ModelSource.Open(path); // a Hugging Face folder, or a .gguf file
Tokenizer tokenizer = source.File is GgufModel gguf ? Tokenizer.FromGguf(gguf.Metadata) : Tokenizer.FromFolder(path);
using CpuBackend backend = new();
using ModelEnds ends = ModelEnds.Load(source, backend);
BlockRange all = new(0, source.Spec.Blocks.Count - 1);
using DecoderSpan blocks = DecoderSpan.Load(source, all, backend);
HostedSpan span = new(blocks, new MemoryBudget(4L << 30), "local", TimeProvider.System);
CausalModel model = new(source, ends, span); // the span may as well be a server's, or a swarm's

const int Length = 512; // of the session, prompt included
await using CausalSession session = await model.OpenSessionAsync(Length, maxScratch: 0, CancellationToken.None);
Sampler sampler = new(new SamplingOptions { Temperature = 0.8f, Seed = 7 }, model.VocabularySize);
TokenGenerator generator = new(session, sampler, model.VocabularySize);
await generator.PrefillAsync(tokenizer.Encode(prompt), progress: null, CancellationToken.None);
GenerationOptions options = new() { MaxTokens = 40, EndTokens = tokenizer.EndTokenId is { } end ? [end] : [] };
StreamingDecoder decoder = tokenizer.StartDecoding(skipSpecialTokens: true);
await foreach (int id in generator.GenerateAsync(options, Length, _ => { }, CancellationToken.None))
{
    Console.Write(decoder.Append(id));
}

Console.WriteLine(decoder.Flush());

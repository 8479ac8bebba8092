using System.Diagnostics;
using System.Globalization;
using Whorl.Bench.LlamaCpp;
using Whorl.Tensors;

// whorl-vs-llama-cpp write FOLDER VOCABULARY.gguf     writes 135M and 1.1B in Q8_0 and Q4_0
// whorl-vs-llama-cpp compare NODE_FOLDER ROUNDS THREADS MODEL…   both engines in turns, and the ratios
// whorl-vs-llama-cpp measure MODEL THREADS PROMPT DECODE         Whorl alone, one line of JSON
const int Prompt = 512, Decode = 64;
switch (args)
{
    case ["write", string folder, string vocabulary]:
        foreach (ModelShape shape in (ModelShape[])[ModelShape.Small, ModelShape.Large])
        {
            foreach (ElementType type in (ElementType[])[ElementType.Q8_0, ElementType.Q4_0])
            {
                await SyntheticModel.WriteAsync(Path.Combine(folder, $"{shape.Name}.{type}.gguf"), type, shape, vocabulary);
            }
        }

        break;
    case ["measure", string model, string threads, string prompt, string decode]:
        Rates rates = await WhorlMeasure.RunAsync(model, Number(threads), Number(prompt), Number(decode));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"prefill\": {rates.Prefill:F2}, \"decode\": {rates.Decode:F2}}}"));
        break;
    case ["compare", string node, string rounds, string threads, .. string[] models]:
        foreach (string model in models)
        {
            await CompareAsync(node, Number(rounds), threads, model);
        }

        break;
    default:
        Console.Error.WriteLine("usage: see the top of Program.cs");
        return 1;
}

return 0;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static async Task CompareAsync(string node, int rounds, string threads, string model)
{
    List<(Rates Whorl, Rates Other)> pairs = [];
    for (int round = 0; round < rounds; round++)
    {
        double before = MemoryState.RoundTrip();
        Rates whorl = await RunAsync(Environment.ProcessPath!, ".", ["measure", model, threads, $"{Prompt}", $"{Decode}"]);
        Rates other = await RunAsync("node", node, [Path.Combine(AppContext.BaseDirectory, "measure.mjs"), Path.GetFullPath(model), threads, $"{Prompt}", $"{Decode}"]);
        double after = MemoryState.RoundTrip();
        pairs.Add((whorl, other));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(model)} {threads} threads, round trip {before:F0}/{after:F0} ns: prefill {whorl.Prefill:F1} : {other.Prefill:F1} = {whorl.Prefill / other.Prefill:F2}, decode {whorl.Decode:F1} : {other.Decode:F1} = {whorl.Decode / other.Decode:F2}"));
    }

    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{Path.GetFileName(model)} {threads} threads, median ratio: prefill {Median(p => p.Whorl.Prefill / p.Other.Prefill):F2}, decode {Median(p => p.Whorl.Decode / p.Other.Decode):F2}"));

    double Median(Func<(Rates Whorl, Rates Other), double> ratio) => pairs.Select(ratio).Order().ElementAt(pairs.Count / 2);
}

static async Task<Rates> RunAsync(string program, string folder, string[] arguments)
{
    ProcessStartInfo start = new(program) { RedirectStandardOutput = true, WorkingDirectory = folder };
    foreach (string argument in arguments)
    {
        start.ArgumentList.Add(argument);
    }

    using Process process = Process.Start(start)!;
    string output = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    return Rates.Parse(output.Trim().Split('\n')[^1]);
}

using Whorl;

await using LanguageModel model = await LanguageModel.LoadAsync(args[0]); // a folder, a .gguf file, org/name, or bard
await foreach (string piece in model.GenerateAsync(args[1], new TextOptions { MaxTokens = 40, Seed = 7 }))
{
    Console.Write(piece);
}

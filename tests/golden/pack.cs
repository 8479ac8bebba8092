#:property PublishAot=false
#:project ../Whorl.Testing/Whorl.Testing.csproj

// Makes the archives of this folder anew: dotnet run tests/golden/pack.cs -- FOLDER [AREA …]
// FOLDER holds the golden data as their scripts write them: golden/models, golden/quantisation, …, models/bard.Q8_0.gguf.
// What is left out belongs to others: real vocabularies, chat templates of published models, SmolLM2.

using System.Text.Json;
using Whorl.Testing;

const int Quality = 11;
string source = args[0];
string target = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
string temporary = Directory.CreateTempSubdirectory("golden").FullName;
Dictionary<string, Func<IEnumerable<string>>> areas = new()
{
    ["bard"] = () => [.. Files("golden/bard"), "models/bard.Q8_0.gguf", "data/shakespeare-valid.txt"],
    ["chat-templates"] = OwnTemplates,
    ["models"] = () => Files("golden/models"),
    ["offloading"] = () => Files("golden/offloading"),
    ["petals"] = () => Files("golden/petals"),
    ["quantisation"] = () => Files("golden/quantisation"),
    ["speculation"] = () => Files("golden/speculation"),
    ["tokenizers"] = () => [.. Files("golden/tokenizers/synthetic"), .. OwnHostile(), "golden/tokenizers/unicode.json.gz"],
    ["training"] = () => Files("golden/training"),
};
foreach (string area in args.Length > 1 ? args[1..] : [.. areas.Keys])
{
    string root = Path.Combine(temporary, area);
    foreach (string file in areas[area]())
    {
        string copy = Path.Combine(root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        if (!File.Exists(copy))
        {
            File.Copy(Path.Combine(source, file), copy);
        }
    }

    string archive = Path.Combine(target, area, "data.tar.br");
    Directory.CreateDirectory(Path.GetDirectoryName(archive)!);
    using (FileStream stream = File.Create(archive))
    {
        GoldenArchive.Pack(root, Directory.GetFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/')), stream, Quality);
    }

    Console.WriteLine($"{area}: {new FileInfo(archive).Length:N0} bytes");
}

Directory.Delete(temporary, recursive: true);

IEnumerable<string> Files(string folder) => Directory.GetFiles(Path.Combine(source, folder), "*", SearchOption.AllDirectories)
    .Select(path => Path.GetRelativePath(source, path).Replace('\\', '/'))
    .Where(path => Path.GetFileName(path) != "README.md");

// Templates written for this collection, and the recorded lines about them; the small cases of jinja.jsonl are ours as well.
IEnumerable<string> OwnTemplates()
{
    const string Folder = "golden/chat-templates";
    bool IsOwn(string name) => name.StartsWith("own-", StringComparison.Ordinal);
    using JsonDocument index = JsonDocument.Parse(File.ReadAllText(Path.Combine(source, Folder, "templates", "index.json")));
    Write($"{Folder}/templates/index.json", JsonSerializer.Serialize(index.RootElement.EnumerateObject()
        .Where(template => IsOwn(template.Name)).ToDictionary(template => template.Name, template => template.Value)));
    Write($"{Folder}/rendered.jsonl", string.Concat(File.ReadLines(Path.Combine(source, Folder, "rendered.jsonl"))
        .Where(line => IsOwn(JsonElement.Parse(line).GetProperty("template").GetString()!)).Select(line => line + "\n")));
    return
    [
        $"{Folder}/templates/index.json", $"{Folder}/rendered.jsonl", $"{Folder}/conversations.json", $"{Folder}/jinja.jsonl",
        .. Files($"{Folder}/templates").Where(path => IsOwn(Path.GetFileName(path))),
    ];

    void Write(string file, string text)
    {
        string path = Path.Combine(temporary, "chat-templates", file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}

// The recorded ids of hostile inputs, those of synthetic vocabularies.
IEnumerable<string> OwnHostile()
{
    const string File_ = "golden/tokenizers/hostile.json";
    using JsonDocument recorded = JsonDocument.Parse(File.ReadAllText(Path.Combine(source, File_)));
    Dictionary<string, object> own = recorded.RootElement.EnumerateObject().ToDictionary(
        part => part.Name,
        part => part.Name != "vocabularies" ? (object)part.Value : part.Value.EnumerateObject()
            .Where(vocabulary => vocabulary.Name.StartsWith("synthetic/", StringComparison.Ordinal))
            .ToDictionary(vocabulary => vocabulary.Name, vocabulary => vocabulary.Value));
    string path = Path.Combine(temporary, "tokenizers", File_);
    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    File.WriteAllText(path, JsonSerializer.Serialize(own));
    return [File_];
}
